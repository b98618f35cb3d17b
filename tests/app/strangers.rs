//! What is another teacher's is told to a model exactly like what is not there.
//! (For what the pages tell, see `routes/matrix.rs`.)

use serde_json::json;

use crate::cast::{MATEO, NOBODY, mail_to, school_day};

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_show_each_teacher_their_own_school_alone() {
    let (app, ada, grace) = school_day().await;
    for (teacher, own, other) in [(&ada, "Mateo Nguyen", "Olena"), (&grace, "Olena Kovalenko", "Mateo")] {
        let all = json!({ "class_id": null });
        let everybody = json!({ "class_id": null, "student_id": null });
        app.mind.calls([("list_teaching_classes", json!({})), ("list_students", all), ("forecast_passing", everybody)]);
        app.mind.says("That is all.");
        teacher.hear("Show me everything").await;
        let told = app.last_question();
        assert!(told.contains(own) && !told.contains(other), "{told}");
        assert!(teacher.get("/classes").await.with(200).texts(".page").len() == 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adas_class_and_student_are_told_to_graces_model_like_missing_ones() {
    let (app, _ada, grace) = school_day().await;
    for (tool, field, real, missing) in [
        ("get_student", "student_id", MATEO, NOBODY),
        ("get_teaching_class", "class_id", "c-01", "c-99"),
        ("list_students", "class_id", "c-01", "c-99"),
        ("show_chart", "class_id", "c-01", "c-99"),
        ("show_chart", "student_id", MATEO, NOBODY),
    ] {
        let mut told = Vec::new();
        for id in [real, missing] {
            let mut arguments = json!({ field: id });
            if tool == "show_chart" {
                arguments["kind"] = json!("averages");
            }
            app.mind.calls([(tool, arguments)]).says("No.");
            grace.hear("Show me").await;
            told.push(app.last_question().replace(id, "X"));
        }
        assert!(told[0].contains("There is no "), "{tool}: {}", told[0]);
        assert_eq!(told[0], told[1], "{tool}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_ada_changed_is_changed_in_her_copy_only() {
    let (app, ada, grace) = school_day().await;
    let page = ada.get(&format!("/students/{MATEO}")).await;
    ada.submit(&page.form(".address form").fill("email", "new@example.com")).await.with(303);
    grace.get(&format!("/students/{MATEO}")).await.with(404);
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("No.");
    let (_, screen) = grace.hear("Write to Mateo").await;
    assert!(screen.cards().is_empty());
    assert!(grace.get("/conversations").await.with(200).texts(".lines li").len() == 1);
}
