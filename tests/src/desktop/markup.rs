//! The markup that a notification's body may have, as the Desktop Notifications Specification lists it.

/// What a person reads of a body.
///
/// # Errors
/// What is wrong with it, where it is not well-formed or has more than the specification allows. Real daemons then show
/// it raw, cut, or not at all.
pub(super) fn read(body: &str) -> Result<String, String> {
    if let Some(control) = body.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')) {
        return Err(format!("the control character {control:?}"));
    }
    let mut text = String::with_capacity(body.len());
    let mut open = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let (mark, after) = rest[at..].split_at(1);
        let (inner, tail) = after.split_once(if mark == "&" { ';' } else { '>' }).ok_or(format!("a lone {mark}"))?;
        if mark == "&" {
            text.push(entity(inner).ok_or_else(|| format!("&{inner}; is unknown"))?);
        } else {
            tag(inner, &mut open)?;
        }
        rest = tail;
    }
    text.push_str(rest);
    match open.pop() {
        None => Ok(text),
        Some(open) => Err(format!("<{open}> is not closed")),
    }
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16),
            digits => number(digits, 10),
        },
    }
}

fn tag<'a>(inner: &'a str, open: &mut Vec<&'a str>) -> Result<(), String> {
    if let Some(name) = inner.strip_prefix('/') {
        return if open.pop() == Some(name) { Ok(()) } else { Err(format!("</{name}> closes nothing")) };
    }
    let (name, attribute) = inner.split_once(' ').unwrap_or((inner, ""));
    let quoted = |name: &str| {
        let value = attribute.strip_prefix(name).and_then(|rest| rest.strip_prefix("=\""));
        value.is_some_and(|value| value.ends_with('"') && value.matches('"').count() == 1 && !value.contains('<'))
    };
    match name {
        "b" | "i" | "u" if attribute.is_empty() => open.push(name),
        "a" if quoted("href") => open.push(name),
        _ => return Err(format!("<{inner}> is not allowed")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_read_as_it_was_meant() {
        assert_eq!(read("Ana &lt;b&gt; &amp; <b>Söhne</b>&#x21;\n").unwrap(), "Ana <b> & Söhne!\n");
        assert_eq!(read("<a href=\"tel:1\">one</a>").unwrap(), "one");
    }

    #[test]
    fn what_a_daemon_could_not_read_is_refused() {
        let bad = [
            "Ana & Bea",
            "1 < 2",
            "<b>bold",
            "</b>",
            "<b><i>x</b></i>",
            "<img src=x>",
            "<script>",
            "&nbsp;",
            "bell\u{7}",
            "<a href=x>y</a>",
            "<b class=\"c\">x</b>",
        ];
        for body in bad {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
