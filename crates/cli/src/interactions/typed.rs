//! What a person typed of a result, until it is saved: as a line of JSON that can be given again.

use serde_json::{Value, json};
use timbre_domain::interaction::InteractionEdit;
use timbre_engine::api::InteractionRef;
use timbre_engine::calls::results::SaveInteraction;

use crate::args::{CallMeant, call};

/// Which result is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    /// The one of the newest call of the history, which nobody has looked up yet.
    LastCall,
    Known(InteractionRef),
}

/// What was typed, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) meant: Meant,
    pub(crate) edit: InteractionEdit,
}

impl Typed {
    /// As the engine takes it; only the last call keeps that name.
    pub(crate) fn to_json(&self) -> Value {
        let which = match &self.meant {
            Meant::LastCall => json!({"call": "last"}),
            Meant::Known(which) => json!(which),
        };
        json!({"which": which, "edit": self.edit})
    }

    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut value: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
        // A name that is written wrong would be passed over, and its value lost.
        let whole = InteractionEdit { follow_up: Some(None), ..InteractionEdit::default() };
        only(&value, &json!({"which": null, "edit": null}), "")?;
        only(value.get("edit").unwrap_or(&Value::Null), &json!(whole), "edit.")?;
        let last = value.pointer("/which/call").and_then(Value::as_str).map(call) == Some(Ok(CallMeant::Last));
        if last {
            value["which"] = json!("new");
        }
        let SaveInteraction { which, edit, caller: _ } =
            serde_json::from_value(value).map_err(|error| error.to_string())?;
        Ok(Self { meant: if last { Meant::LastCall } else { Meant::Known(which) }, edit })
    }

    /// Whether it speaks of the last call, which may be another by the time it is given again.
    pub(crate) fn names_last_call(&self) -> bool {
        self.meant == Meant::LastCall
    }
}

fn only(value: &Value, known: &Value, place: &str) -> Result<(), String> {
    let names = value.as_object().into_iter().flat_map(|object| object.keys());
    match names.into_iter().find(|name| known.get(name.as_str()).is_none()) {
        Some(name) => {
            let known: Vec<_> = known.as_object().into_iter().flat_map(|object| object.keys()).cloned().collect();
            Err(format!("there is no {place}{name}; there are: {}", known.join(", ")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_may_be_read_from_little() {
        let typed = Typed::read(r#"{"which": "new", "edit": {"comment": "Sí"}}"#).unwrap();
        assert_eq!(typed.meant, Meant::Known(InteractionRef::New));
        assert_eq!(typed.edit, InteractionEdit { comment: Some("Sí".into()), ..InteractionEdit::default() });
        assert!(Typed::read(r#"{"which": {"call": "last"}}"#).unwrap().names_last_call());
    }

    #[test]
    fn a_name_that_is_written_wrong_is_named_and_nothing_is_passed_over() {
        let error = Typed::read(r#"{"which": "new", "edit": {"coment": "Sí"}}"#).unwrap_err();
        assert!(error.starts_with("there is no edit.coment"), "{error}");
        for text in ["", "[]", "{}", "{\"which\": \"old\"}", "{\"which\": \"new\", \"edits\": {}}"] {
            assert!(Typed::read(text).is_err(), "{text}");
        }
    }
}
