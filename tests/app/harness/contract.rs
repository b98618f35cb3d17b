//! What `/openapi.json` promises, held against every answer that a script gets
//! in any test: the status is documented, and the body is as its schema says.

use std::collections::BTreeMap;

use boon::{Compiler, SchemaIndex, Schemas};
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Answer;

/// The document has no address of its own.
const DOCUMENT: &str = "http://aide.example/openapi.json";

/// The promises of one operation, by status; none where no body is promised.
type Promised = BTreeMap<String, Option<SchemaIndex>>;

/// All promises.
pub struct Contract {
    schemas: Schemas,
    /// By method and path.
    operations: BTreeMap<(String, String), Promised>,
}

static CONTRACT: OnceCell<Contract> = OnceCell::const_new();

/// Holds an answer to what is promised; pages and what is not documented pass by.
pub async fn hold(client: &Client, base: &str, method: &Method, path: &str, answer: &Answer) {
    let for_scripts = path.starts_with("/api/") || path.starts_with("/approvals/") || path == "/prompt";
    if for_scripts && answer.header("content-type").starts_with("application/json") {
        let contract = CONTRACT.get_or_init(|| Contract::of(client, base)).await;
        contract.check(method, path, answer);
    }
}

impl Contract {
    async fn of(client: &Client, base: &str) -> Self {
        let document = client.get(format!("{base}/openapi.json")).send().await.unwrap().json().await.unwrap();
        Self::read(&document)
    }

    fn read(document: &Value) -> Self {
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.add_resource(DOCUMENT, document.clone()).unwrap();
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let mut promised = Promised::new();
                for (status, answer) in operation["responses"].as_object().unwrap() {
                    let place = ["paths", path, method, "responses", status, "content", "application/json", "schema"];
                    let pointer: String = place.map(|name| format!("/{}", escaped(name))).concat();
                    let schema = answer["content"]["application/json"]["schema"].is_object();
                    let compile = || compiler.compile(&format!("{DOCUMENT}#{pointer}"), &mut schemas).unwrap();
                    promised.insert(status.clone(), schema.then(compile));
                }
                operations.insert((method.to_uppercase(), path.clone()), promised);
            }
        }
        Self { schemas, operations }
    }

    fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let fits = |pattern: &str| {
            let (pattern, path) = (pattern.split('/'), path.split('/'));
            pattern.clone().count() == path.clone().count()
                && pattern.zip(path).all(|(part, name)| part.starts_with('{') || part == name)
        };
        let mut known = self.operations.iter().filter(|((how, pattern), _)| how == method.as_str() && fits(pattern));
        let Some((_, promised)) = known.next() else { return };
        let what = format!("{method} {path} {}: {}", answer.status, answer.body);
        let schema = promised.get(&answer.status.to_string()).unwrap_or_else(|| panic!("undocumented: {what}"));
        let schema = schema.unwrap_or_else(|| panic!("no body is documented: {what}"));
        if let Err(fault) = self.schemas.validate(&answer.json(), schema) {
            panic!("{what}\nis not as documented: {fault:#}");
        }
    }
}

/// A name in a pointer (RFC 6901), as it stands in an address.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use reqwest::header::{CONTENT_TYPE, HeaderMap};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
        Answer { status, headers, body: body.to_string() }
    }

    fn is_held(status: u16, body: &Value) -> bool {
        let schema = json!({ "$ref": "#/components/schemas/Found" });
        let contract = Contract::read(&json!({
            "openapi": "3.1.0",
            "paths": { "/api/{thing}": { "get": { "responses": {
                "200": { "content": { "application/json": { "schema": schema } } }, "404": { "description": "" },
            } } } },
            "components": { "schemas": { "Found": {
                "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } },
            } } },
        }));
        let (method, answer) = (Method::GET, answer(status, body));
        std::panic::catch_unwind(|| contract.check(&method, "/api/x", &answer)).is_ok()
    }

    #[test]
    fn an_answer_that_is_not_as_documented_is_noticed() {
        assert!(is_held(200, &json!({ "name": "x", "more": 1 })));
        for (status, body) in [(200, json!({ "name": 1 })), (200, json!({})), (404, json!({})), (500, json!({}))] {
            assert!(!is_held(status, &body), "{status} {body}");
        }
    }
}
