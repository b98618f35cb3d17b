//! What is documented is served, and what is served is documented.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use teachers_aide::web::routes;

use super::nothing_connected;
use crate::harness::{Browser, TestApp};

async fn document(app: &TestApp) -> Value {
    let stranger = app.browser();
    stranger.send(stranger.bare(Method::GET, "/openapi.json")).await.with(200).json()
}

/// The routes that are for scripts, or for them as well.
fn for_scripts() -> BTreeSet<String> {
    let own = |path: &str| routes::is_for_scripts(path) || path == "/approvals/{approval}";
    let lines = routes::all().into_iter().filter(|(_, path)| own(path));
    lines.map(|(method, path)| format!("{method} {path}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_path_is_a_route_and_every_route_for_scripts_is_documented() {
    let (app, ada): (TestApp, Browser) = nothing_connected().await;
    let document = document(&app).await;
    assert_eq!(document["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    assert_eq!(document["servers"][0]["url"], app.origin.as_str());
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.contains_key("200"), "{method} {path} never answers well");
            let open = ["/healthz", "/openapi.json"].contains(&path.as_str());
            assert_eq!(answers.contains_key("401"), !open, "{method} {path}");
            assert!(!operation["operationId"].is_null() && !operation["summary"].is_null(), "{method} {path}");
        }
    }
    assert_eq!(documented, for_scripts());
    assert_eq!(documented.len(), 8, "{documented:?}");
    let names: Vec<Value> = super::tools(&ada).await.iter().map(|tool| tool["name"].clone()).collect();
    let named = &document["paths"]["/api/tools/{tool}/execute"]["post"]["parameters"][0]["schema"]["enum"];
    assert_eq!(named.as_array(), Some(&names), "the tools are named");
    let scheme = &document["components"]["securitySchemes"]["session"];
    assert_eq!((scheme["in"].as_str(), scheme["name"].as_str()), (Some("cookie"), Some("aide")));
}
