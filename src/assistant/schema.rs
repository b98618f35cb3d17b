//! The JSON schema of a tool's arguments, in OpenAI's strict form.
//!
//! Strict mode wants every property listed as required and no others allowed;
//! what may be left out is `null` instead (OpenAI, "Structured Outputs").

use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Value, json};

use super::model::ToolSchema;

/// The schema of a tool by its arguments; the doc comment is the description.
pub(super) fn of<A: JsonSchema>(name: &str) -> ToolSchema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    Strict.transform(&mut schema);
    let description = schema.remove("description").and_then(|d| d.as_str().map(one_line)).unwrap_or_default();
    ToolSchema { name: name.to_owned(), description, parameters: schema.to_value() }
}

/// Doc comments are wrapped for the reader of the source; the model needs no line ends.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Strict;

impl Transform for Strict {
    fn transform(&mut self, schema: &mut Schema) {
        for gone in ["title", "format", "default"] {
            schema.remove(gone);
        }
        if let Some(text) = schema.get("description").and_then(Value::as_str).map(one_line) {
            schema.insert("description".to_owned(), Value::String(text));
        }
        if let Some(names) = properties(schema) {
            schema.insert("required".to_owned(), names);
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
        transform_subschemas(self, schema);
    }
}

/// The names of an object's properties; none when it is not an object.
fn properties(schema: &mut Schema) -> Option<Value> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return None;
    }
    let object = schema.ensure_object();
    let listed = object.entry("properties").or_insert_with(|| json!({}));
    Some(json!(listed.as_object()?.keys().collect::<Vec<_>>()))
}
