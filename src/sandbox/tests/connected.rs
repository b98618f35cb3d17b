//! Connected accounts: from the My Account token to the vault and back.

use serde_json::{Value, json};

use super::kit::{CALLBACK, EVENTS, SEND, Stage, VERIFIER, challenge, landing, stage, ticket};

const SCOPES: &str = "create:me:connected_accounts read:me:connected_accounts delete:me:connected_accounts";

impl Stage {
    async fn my_account(&self, refresh: &str) -> Value {
        let audience = self.auth0("me/");
        let grant = ("grant_type", "refresh_token");
        self.token(&[grant, ("refresh_token", refresh), ("audience", &audience), ("scope", SCOPES)]).await.1
    }

    async fn account_call(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, Value) {
        let url = self.auth0(&format!("me/v1/connected-accounts/{path}"));
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(token);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    async fn begin(&self, token: &str) -> Value {
        let body = json!({
            "connection": "google-oauth2", "redirect_uri": CALLBACK, "state": "state-2", "scopes": [SEND, EVENTS],
            "code_challenge": challenge(), "code_challenge_method": "S256",
        });
        let (status, begun) = self.account_call("POST", "connect", token, Some(body)).await;
        assert_eq!(status, 201, "{begun}");
        begun
    }

    async fn answer(&self, begun: &Value, decision: &str) -> std::collections::HashMap<String, String> {
        let shown = [("ticket", begun["connect_params"]["ticket"].as_str().unwrap())];
        let page = self.client.get(begun["connect_uri"].as_str().unwrap()).query(&shown).send().await.unwrap();
        let ticket = ticket(&page.text().await.unwrap());
        let form = [("ticket", ticket.as_str()), ("decision", decision), ("scope", SEND)];
        landing(&self.client.post(self.auth0("connect/answer")).form(&form).send().await.unwrap())
    }

    async fn finish(&self, token: &str, begun: &Value, code: &str, verifier: &str) -> (u16, Value) {
        let body = json!({
            "auth_session": begun["auth_session"], "connect_code": code,
            "redirect_uri": CALLBACK, "code_verifier": verifier,
        });
        self.account_call("POST", "complete", token, Some(body)).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[actix_web::test]
async fn an_account_is_connected_listed_and_removed() {
    let stage = stage();
    stage.sandbox.auth0().set_up(|setup| setup.vault_at_login = false);
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let account = stage.my_account(&refresh).await;
    assert_eq!(account["scope"].as_str().unwrap().split(' ').count(), 3);
    let token = text(&account["access_token"]);
    let begun = stage.begin(token).await;
    let back = stage.answer(&begun, "connect").await;
    assert_eq!(back["state"], "state-2");
    let (status, connected) = stage.finish(token, &begun, &back["connect_code"], VERIFIER).await;
    assert_eq!(status, 201, "{connected}");
    let scopes = connected["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!(SEND)) && !scopes.contains(&json!(EVENTS)), "one was unticked");
    assert_eq!(stage.exchange(&refresh).await.0, 200);
    let (_, listed) = stage.account_call("GET", "accounts?connection=google-oauth2", token, None).await;
    assert_eq!(listed["accounts"][0]["id"], connected["id"]);
    let path = format!("accounts/{}", text(&connected["id"]));
    assert_eq!(stage.account_call("DELETE", &path, token, None).await.0, 204);
    assert_eq!(stage.account_call("DELETE", &path, token, None).await.0, 404);
    assert_eq!(stage.exchange(&refresh).await.1["error"], "federated_connection_refresh_token_not_found");
}

#[actix_web::test]
async fn a_connect_code_is_bound_to_its_person_verifier_and_single_use() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let account = stage.my_account(&refresh).await;
    let token = text(&account["access_token"]);
    for (code, verifier) in [(None, "another verifier"), (Some("another code"), VERIFIER)] {
        let begun = stage.begin(token).await;
        let back = stage.answer(&begun, "connect").await;
        let code = code.unwrap_or(&back["connect_code"]);
        assert_eq!(stage.finish(token, &begun, code, verifier).await.0, 400);
        assert_eq!(stage.finish(token, &begun, &back["connect_code"], VERIFIER).await.0, 400, "used up");
    }
    stage.sandbox.auth0().visitor_signs_in(&stage.daniel.subject);
    let code = landing(&stage.authorize(&[]).await)["code"].clone();
    let (_, daniel) = stage.trade(&code).await;
    let daniel = stage.my_account(text(&daniel["refresh_token"])).await;
    stage.sandbox.auth0().visitor_is_asked();
    let begun = stage.begin(token).await;
    let back = stage.answer(&begun, "connect").await;
    let stolen = stage.finish(text(&daniel["access_token"]), &begun, &back["connect_code"], VERIFIER).await;
    assert_eq!(stolen.0, 400, "another person's code");
}

#[actix_web::test]
async fn declining_comes_back_as_an_error_and_connects_nothing() {
    let stage = stage();
    stage.sandbox.auth0().set_up(|setup| setup.vault_at_login = false);
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let account = stage.my_account(&refresh).await;
    let begun = stage.begin(text(&account["access_token"])).await;
    let back = stage.answer(&begun, "decline").await;
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "state-2"));
    assert_eq!(stage.sandbox.auth0().vaulted_scopes(&stage.mary.subject), None);
}

#[actix_web::test]
async fn without_the_policy_the_tenant_silently_answers_for_another_audience() {
    let stage = stage();
    stage.sandbox.auth0().set_up(|setup| setup.my_account_policy = false);
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let account = stage.my_account(&refresh).await;
    assert!(!text(&account["scope"]).contains("me:"));
    let (status, problem) = stage.account_call("GET", "accounts", text(&account["access_token"]), None).await;
    assert_eq!((status, problem["title"].as_str()), (401, Some("Invalid Token")));
}
