//! What an answer to click-to-dial says. What a good one looks like is not documented beyond "200 OK" (seed 000, section 1).

use serde_json::Value;
use timbre_domain::normalize::fold;

use super::body::{self, ReadError};
use super::wire::{Status, WELL, is_nothing, words};
use crate::text::without_entities;

/// Whether the order was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialAnswer {
    Taken,
    Refused {
        status: Option<i64>,
        words: String,
    },
    /// It may mean either.
    Unclear {
        words: String,
    },
}

/// Reads the body of an answer.
#[must_use]
pub fn read(bytes: &[u8]) -> DialAnswer {
    match body::read(bytes) {
        Ok(body) => of_json(&body.json),
        Err(ReadError::Empty) => DialAnswer::Taken,
        Err(ReadError::WebPage | ReadError::NotJson(_)) => {
            let text = body::decoded(bytes);
            let words = without_markup(&text);
            // What a placed call answers is not documented, and the address is one of a web site.
            if body::is_page(&text) { DialAnswer::Unclear { words } } else { of_text(&words) }
        }
    }
}

fn of_json(json: &Value) -> DialAnswer {
    let fields = match json {
        // The answer inside another.
        Value::Array(list) if list.len() == 1 => return of_json(&list[0]),
        Value::Object(fields) if fields.len() == 1 && fields.get("data").is_some_and(Value::is_object) => {
            return of_json(&fields["data"]);
        }
        Value::Object(fields) => fields,
        nothing if is_nothing(nothing) => return DialAnswer::Taken,
        other => return DialAnswer::Unclear { words: other.to_string() },
    };
    let words = without_entities(&words(fields));
    let verdict = |name: &&str| fields.get(*name).map(Status::of).transpose().ok().flatten().flatten();
    let verdicts: Vec<_> =
        ["status", "success", "ok", "result", "code", "estado", "resultado"].iter().filter_map(verdict).collect();
    let refused = |status| DialAnswer::Refused { status, words: words.clone() };
    if let Some(status) = verdicts.iter().find_map(|verdict| match verdict {
        Status::Bad(status) => Some(*status),
        Status::NothingFound => Some(Some(404)),
        Status::Well => None,
    }) {
        return refused(status);
    }
    if fields.get("error").is_some_and(|error| !is_nothing(error)) {
        return refused(None);
    }
    if verdicts.is_empty() {
        return DialAnswer::Unclear { words: if words.is_empty() { json.to_string() } else { words } };
    }
    if complains(&words) {
        return DialAnswer::Unclear { words };
    }
    DialAnswer::Taken
}

fn of_text(text: &str) -> DialAnswer {
    let words = text.trim().to_owned();
    let folded = fold(&words);
    let plain = folded.trim_end_matches(['.', '!']);
    let taken = plain.is_empty()
        || plain == "1"
        || WELL.contains(&plain)
        || plain.parse::<u16>().is_ok_and(|code| (200..=202).contains(&code));
    let code = folded.split_whitespace().next().and_then(|first| first.parse::<i64>().ok());
    match code {
        _ if taken => DialAnswer::Taken,
        Some(200..=202) if !complains(&folded) => DialAnswer::Taken,
        Some(0) | Some(400..=599) => DialAnswer::Refused { status: code.filter(|code| *code != 0), words },
        _ if plain == "false" || complains(&folded) => DialAnswer::Refused { status: None, words },
        _ => DialAnswer::Unclear { words },
    }
}

/// Whether words begin as complaints do.
fn complains(words: &str) -> bool {
    let words = fold(words);
    let words = words.trim_start_matches(|c: char| !c.is_alphanumeric());
    let complaints = [
        "error",
        "err:",
        "fail",
        "fatal",
        "denied",
        "access denied",
        "forbidden",
        "unauthorized",
        "not ",
        "no ",
        "invalid",
        "bad ",
        "rejected",
        "refused",
        "rechazad",
        "denegad",
        "fallo",
        "falla",
        "insufficient",
        "insuficiente",
        "saldo",
        "sin saldo",
        "usuario o clave",
        "credenciales",
        "clave incorrecta",
        "parametro",
        "faltan",
        "falta ",
        "numero invalido",
        "prohibido",
    ];
    complaints.iter().any(|one| words.starts_with(one))
}

/// The letters of a page or a notice of PHP's, without its tags.
fn without_markup(text: &str) -> String {
    let text = &without_entities(text);
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars().take(8_000) {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    // A lone `<` is no tag.
    if inside { text.to_owned() } else { out.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn click_to_dial_is_refused_by_whatever_says_no_and_taken_by_what_says_yes() {
        let read = |text: &str| read(text.as_bytes());
        for text in [
            "",
            "OK",
            "ok.",
            "200 OK",
            "200",
            "1",
            "true",
            "queued",
            r#"{"status":200,"message":"OK"}"#,
            r#"{"status":"200"}"#,
            r#"{"success":true}"#,
            r#"{"status":"success","message":"Llamada en proceso"}"#,
            "[]",
            r#"{"result":"ok","error":null}"#,
        ] {
            assert_eq!(read(text), DialAnswer::Taken, "{text}");
        }
        for (text, said) in [
            ("ERROR: Saldo insuficiente", "ERROR: Saldo insuficiente"),
            (r#"{"success":false,"message":"Saldo insuficiente"}"#, "Saldo insuficiente"),
            (r#"{"status":"error","message":"Número inválido"}"#, "Número inválido"),
            (r#"{"status":"error","error":{"code":7,"message":"Sin saldo"}}"#, "Sin saldo"),
            (r#"{"status":500,"mensaje":"Falló"}"#, "Falló"),
            (r#"{"error":"ip"}"#, "ip"),
            (r#"{"ok":0,"msg":"bloqueado"}"#, "bloqueado"),
            (r#"{"result":"failed","description":"ocupado"}"#, "ocupado"),
            ("403 Forbidden", "403 Forbidden"),
            ("<b>ERROR:</b> Saldo insuficiente<br />", "ERROR:  Saldo insuficiente"),
            ("0", "0"),
            ("false", "false"),
            ("Usuario o clave incorrectos", "Usuario o clave incorrectos"),
            ("No autorizado", "No autorizado"),
        ] {
            let DialAnswer::Refused { words, .. } = read(text) else { panic!("{text}: {:?}", read(text)) };
            assert_eq!(words, said, "{text}");
        }
        for (text, said) in [
            ("espere", "espere"),
            (r#"{"message":"La llamada se procesará"}"#, "La llamada se procesará"),
            ("<html><head><title>Mantenimiento</title></head></html>", "Mantenimiento"),
            (r#"{"id":7}"#, r#"{"id":7}"#),
            (r#"{"status":200,"message":"ERROR: Saldo insuficiente"}"#, "ERROR: Saldo insuficiente"),
        ] {
            assert_eq!(read(text), DialAnswer::Unclear { words: said.into() }, "{text}");
        }
    }
}
