//! Before a text of the file is compiled: nothing in it may nest, or go on, for longer than a compiler's stack.

/// The longest template or JSONPath, in bytes. The longest of our own files has about two hundred.
const LONGEST: usize = 4_000;
/// The deepest nesting of brackets.
const DEEPEST: usize = 32;
/// How many operators, filters and steps of a path may follow one another.
const MOST_STEPS: usize = 200;

/// Whether a JSONPath can be compiled safely; why not.
pub(crate) fn path(text: &str) -> Result<(), String> {
    expression(text)
}

/// The same for a template: what stands outside its tags counts for nothing but its length.
pub(crate) fn template(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(too_long());
    }
    let mut rest = text;
    let mut tags = 0;
    while let Some(open) = ["{{", "{%"].iter().filter_map(|mark| rest.find(mark)).min() {
        let inside = &rest[open + 2..];
        let end = end_of_tag(inside);
        expression(&inside[..end])?;
        tags += usize::from(rest[open..].starts_with("{%"));
        rest = &inside[end..];
    }
    // Blocks nest too.
    if tags > 2 * DEEPEST { Err(too_deep()) } else { Ok(()) }
}

fn expression(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(too_long());
    }
    let (mut depth, mut steps) = (0usize, 0usize);
    for (_, c) in outside_quotes(text) {
        match c {
            '(' | '[' | '{' => {
                depth += 1;
                steps += 1;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '.' | '|' | '!' | '-' | '+' | '*' | '/' | '~' | '=' | '<' | '>' | '&' | ' ' => steps += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(too_deep());
        }
    }
    if steps > MOST_STEPS { Err(format!("it has more than {MOST_STEPS} parts")) } else { Ok(()) }
}

/// Where a tag ends: at the first `}}` or `%}` that stands in no quotes.
fn end_of_tag(inside: &str) -> usize {
    let ends = |place: &usize| inside[*place..].starts_with("}}") || inside[*place..].starts_with("%}");
    outside_quotes(inside).map(|(place, _)| place).find(ends).unwrap_or(inside.len())
}

/// The characters that stand in no quotes, with their places.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quote, mut escaped) = (None, false);
    text.char_indices().filter(move |(_, c)| match quote {
        Some(end) => {
            if *c == end && !escaped {
                quote = None;
            }
            escaped = *c == '\\' && !escaped;
            false
        }
        None if matches!(c, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        None => true,
    })
}

fn too_long() -> String {
    format!("it is longer than {LONGEST} bytes")
}

fn too_deep() -> String {
    format!("it nests deeper than {DEEPEST}")
}
