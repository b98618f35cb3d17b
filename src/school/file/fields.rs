//! Records of the file, read field by field so that one fault hides no other.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::faults::{Faults, Place};

/// Reads JSON in which no object says the same field twice: of two grades for
/// one evaluation, plain serde would silently keep the last.
pub(super) fn read(json: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Strict>(json).map(|strict| strict.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(field) = object.next_key::<String>()? {
            if map.contains_key(&field) {
                return Err(A::Error::custom(format!("the field {} stands here twice", shown(&field.into()))));
            }
            map.insert(field, object.next_value::<Strict>()?.0);
        }
        Ok(map.into())
    }
}

/// A fault was found and is in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told;

/// One JSON object whose fields are taken out until none may be left.
pub(super) struct Record {
    fields: Map<String, Value>,
    pub(super) place: Place,
}

impl Record {
    pub(super) fn open(value: Value, place: Place, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields, place }),
            other => {
                faults.push(&place, format!("is {}; here stands an object in braces", shown(&other)));
                None
            }
        }
    }

    /// The text of a field that is still to be read, if it is a text.
    pub(super) fn peek(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// A field that must be there.
    pub(super) fn take<T>(
        &mut self,
        field: &str,
        faults: &mut Faults,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let Some(value) = self.fields.remove(field) else {
            faults.push(&self.place, format!("“{field}” is missing"));
            return None;
        };
        read(&value).map_err(|problem| faults.push(&self.place, format!("“{field}” {problem}"))).ok()
    }

    /// A text that must be there.
    pub(super) fn text<T, E: fmt::Display>(
        &mut self,
        field: &str,
        faults: &mut Faults,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.take(field, faults, |value| match value {
            Value::String(text) => read(text).map_err(|error| reason(text, &error)),
            other => Err(format!("is {}; here stands a text in quotes", shown(other))),
        })
    }

    /// A text that may be absent.
    pub(super) fn optional_text<T, E: fmt::Display>(
        &mut self,
        field: &str,
        faults: &mut Faults,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Told> {
        if !self.fields.contains_key(field) {
            return Ok(None);
        }
        self.text(field, faults, read).map(Some).ok_or(Told)
    }

    /// A list that must be there.
    pub(super) fn list(&mut self, field: &str, faults: &mut Faults) -> Option<Vec<Value>> {
        let value = self.take(field, faults, |value| Ok(value.clone()))?;
        match value {
            Value::Array(list) => Some(list),
            other => {
                faults.push(&self.place, format!("“{field}” is {}; here stands a list in brackets", shown(&other)));
                None
            }
        }
    }

    /// Whatever is left is a field that nobody knows.
    pub(super) fn close(self, faults: &mut Faults) {
        for field in self.fields.into_iter().map(|(field, _)| field) {
            faults.push(&self.place, format!("{} is not a field that is known here", shown(&field.into())));
        }
    }
}

fn reason(text: &str, error: &impl fmt::Display) -> String {
    if text.trim().is_empty() { format!("is empty: {error}") } else { format!("is {}: {error}", shown(&text.into())) }
}

/// A value as it stands in the file, shortened; its control characters are escaped.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A number without decimals.
pub(super) fn whole_number(value: &Value) -> Option<i16> {
    value.as_i64().and_then(|number| i16::try_from(number).ok())
}
