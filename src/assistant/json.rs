//! A JSON value that is kept for long and rarely looked into.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::Value;

/// JSON as shared text: a tree takes ten times the room, and the result of a
/// call stands in its turn, in the log and before the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(Arc<str>);

impl Json {
    /// The text, as the model reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, for who must look into it.
    pub fn value(&self) -> Value {
        // It was written from a value, so it reads.
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: Value = serde_json::from_str(&self.0).map_err(ser::Error::custom)?;
        value.serialize(serializer)
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
