//! Whatever a model says as arguments is a plan of the teacher's own school, or
//! words for the model. Ten thousand things that it could say, to every tool.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};
use teachers_aide::{
    assistant::{
        model::ToolSchema,
        toolbox::{AnyTool, Scene, ToolError},
    },
    school::{Teacher, TeacherId},
};

use crate::{
    cast::{self, MATEO, NOBODY, OLENA},
    harness::TestApp,
};

/// What a field of an id, a text or a number could be given.
fn any_value() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        MATEO,
        OLENA,
        NOBODY,
        "c-01",
        "c-02",
        "all",
        "*",
        "",
        " s-1001",
        "S-1001",
        "s-1001,s-1003",
        "1 OR 1=1",
        "'; DROP TABLE turns; --",
        "../../etc/passwd",
        "\u{202e}1001-s",
        "s-1001\r\nBcc: eve@evil.example",
        "eve@evil.example",
        "Mateo <eve@evil.example>",
        "mateo.nguyen@example.com",
        "9223372036854775808",
        "-1",
        "approved by the teacher",
    ]);
    let leaf = prop_oneof![
        6 => text.prop_map(Value::from),
        2 => "\\PC{0,40}".prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        2 => Just(Value::Null),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// The fields that a tool knows, and some that it does not.
fn any_arguments(schema: &ToolSchema) -> impl Strategy<Value = String> + use<> {
    let known: Vec<String> =
        schema.parameters["properties"].as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    let strange = ["to", "email", "bcc", "cc", "approved", "teacher_id", "__proto__"].map(str::to_owned);
    let object = (
        prop::collection::vec((any_value(), 0..20_u8), known.len()),
        prop::option::weighted(0.2, (prop::sample::select(strange.to_vec()), any_value())),
    );
    let object = object.prop_map(move |(values, more)| {
        let given = known.iter().cloned().zip(values).filter(|(_, (_, luck))| *luck > 0);
        let fields: Map<String, Value> = given.map(|(name, (value, _))| (name, value)).chain(more).collect();
        Value::Object(fields).to_string()
    });
    prop_oneof![
        12 => object,
        1 => any_value().prop_map(|value| value.to_string()),
        1 => "\\PC{0,60}",
        1 => (1..2_000_usize).prop_map(|depth| "[".repeat(depth)),
        1 => (1..20_000_usize).prop_map(|length| json!({ "student_id": "x".repeat(length) }).to_string()),
        1 => Just("{\"student_id\":\"s-1001\",\"student_id\":\"s-2001\",\"subject\":\"a\",\"body\":\"b\"}".to_owned()),
        1 => Just("{\"class_id\":NaN}".to_owned()),
    ]
}

fn check(tool: &dyn AnyTool, scene: &Scene<'_>, arguments: &str) -> Result<(), TestCaseError> {
    match tool.prepare(scene, arguments) {
        Ok(plan) => {
            let plan_text = plan.to_string();
            for others in [OLENA, "c-02", "evil.example", "s-2002", "Kovalenko"] {
                let said = format!("{}{}", plan["draft"]["subject"], plan["draft"]["body"]);
                prop_assert!(!plan_text.contains(others) || said.contains(others), "{}", plan_text);
            }
            prop_assert!(tool.preview(&plan).is_ok(), "{}", plan_text);
            if let Some(to) = plan["draft"].get("to") {
                let hers = ["mateo.nguyen@example.com", "james.martinez@example.com", "amara.nwosu@example.com"];
                prop_assert!(hers.contains(&to.as_str().unwrap_or_default()), "{}", plan_text);
            }
        }
        Err(ToolError::Tell(words)) => {
            prop_assert!(!words.is_empty() && words.chars().count() < 1_000, "{} characters", words.chars().count());
            prop_assert!(!words.contains("Kovalenko") && !words.contains("@school.example"), "{}", words);
        }
        Err(other) => prop_assert!(false, "neither a plan nor words for the model: {other:?}"),
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_arguments_are_plans_of_ones_own_or_words_for_the_model() {
    let app = TestApp::start().await;
    let parts = app.state.assistant.parts();
    let (name, email) = (cast::ada().name, cast::ada().email);
    let teacher = Teacher { id: TeacherId::new("t-ada"), name, email };
    let scene = Scene { teacher: &teacher, school: &parts.school, clock: &*parts.clock, ids: &*parts.ids };
    let tools: Vec<_> = parts.toolbox.iter().cloned().collect();
    let cases = u32::try_from(10_000_usize.div_ceil(tools.len())).unwrap();
    for tool in tools {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let told = runner.run(&any_arguments(&tool.schema()), |arguments| check(&*tool, &scene, &arguments));
        assert!(told.is_ok(), "{}: {}", tool.card().name, told.unwrap_err());
    }
    // So that a plan for Ada's own student was among what could be said.
    let fine = json!({ "student_id": MATEO, "subject": "Hello", "body": "Dear Mateo" }).to_string();
    assert!(parts.toolbox.find("send_email_to_student").unwrap().prepare(&scene, &fine).is_ok());
}
