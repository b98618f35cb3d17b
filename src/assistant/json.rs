//! A JSON value that is kept for long and rarely looked into.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, value::RawValue};

/// JSON as shared text: a tree takes ten times the room, and the result of a
/// call stands in its turn, in the log and before the model. It is written as it
/// stands, many times in a turn, without a look into it.
#[derive(Debug, Clone)]
pub struct Json(Arc<RawValue>);

impl Json {
    /// The text, as the model reads it.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The value, for who must look into it.
    pub fn value(&self) -> Value {
        // It was written from a value, so it reads.
        serde_json::from_str(self.as_str()).unwrap_or_default()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        // A value always serialises.
        Self(serde_json::value::to_raw_value(&value).unwrap_or_default().into())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_written_and_read_as_the_value_that_it_is() {
        let value = json!({ "classes": [{ "average": "7.10", "current": true, "students": 26 }], "note": null });
        let json = Json::from(value.clone());
        assert_eq!(json.value(), value);
        assert_eq!(serde_json::to_value(&json).unwrap(), value, "a tree in what is stored, not a text in a text");
        assert_eq!(serde_json::from_value::<Json>(value).unwrap(), json);
    }
}
