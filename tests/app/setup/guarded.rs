//! What the page keeps from whom: a student from everybody, all of it from
//! whoever is not on this computer, and the services from those who go away.

use std::{collections::BTreeSet, fs, sync::Arc};

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use teachers_aide::sandbox::faults::{Effect, Fault, Gate, Route};

use super::{line, set_up};
use crate::{
    cast,
    harness::{Browser, TestApp, Wanted, eventually},
    routes::looks,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_school_file_is_counted_on_the_page_and_named_in_the_terminal_alone() {
    let (app, clock) = TestApp::start_held().await;
    let browser = app.browser();
    assert_eq!(line(&set_up(&browser).await, "found", "School data").unwrap().state, "Works");
    let mut school = cast::school();
    let words = |faults: usize| {
        let (faults, them) =
            if faults == 1 { ("1 fault".to_owned(), "it") } else { (format!("{faults} faults"), "them") };
        format!("The school file has {faults}; teachers-aide --check in a terminal names {them}.")
    };
    for (seat, faults) in [(0, 1), (1, 2)] {
        school["classes"][0]["roster"][seat]["evaluations"][0] = json!(10.75);
        fs::write(app.school_file(), school.to_string()).unwrap();
        clock.advance(SignedDuration::from_mins(1));
        let page = set_up(&browser).await;
        let found = line(&page, "found", "School data").unwrap();
        assert_eq!((found.state.as_str(), found.words), ("Does not work", words(faults)));
        for hers in ["Mateo", "James", "s-1001", "s-1002", "10.75", "Algebra"] {
            assert!(!page.body.contains(hers), "{hers}");
        }
    }
    let told = tokio::task::block_in_place(|| app.command(&["--check"]));
    let told = String::from_utf8(told.stdout).unwrap();
    for name in ["student s-1001 (Mateo Nguyen): evaluation 1 is 10.75", "student s-1002 (James Martinez)"] {
        assert!(told.contains(name), "{told}");
    }
}

/// The status, the headers and the page, without what differs each time.
type Looks = (u16, BTreeSet<(String, String)>, String);

/// How the page looks to a browser that calls this site so.
async fn called(browser: &Browser, path: &str, host: &str) -> Looks {
    looks(&browser.send(browser.request(&Method::GET, path).header("host", host).header("accept", "text/html")).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_somebody_pointed_at_this_computer_opens_nothing() {
    let app = TestApp::start().await;
    let (browser, ada) = (app.browser(), app.signed_in(&cast::ada()).await);
    for path in ["/setup", "/setup/guide"] {
        for host in ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"] {
            assert_eq!(called(&browser, path, host).await.0, 200, "{path} at {host}");
        }
        for host in
            ["evil.example", "evil.example:8000", "localhost.evil.example", "localhost@evil.example", "10.0.0.7", ""]
        {
            for who in [&browser, &ada] {
                let answer = called(who, path, host).await;
                assert_eq!(answer.0, 404, "{path} at {host}");
                assert_eq!(answer, called(who, "/nowhere", host).await, "{path} at {host}");
            }
        }
        // What somebody says was asked for is not what was.
        let passed_on = |host: &str, forwarded: &str| {
            let request = browser.request(&Method::GET, path).header("host", host);
            request.header("x-forwarded-host", forwarded).header("forwarded", format!("host={forwarded}"))
        };
        assert_eq!(browser.send(passed_on("evil.example", "localhost")).await.status, 404, "{path}");
        assert_eq!(browser.send(passed_on("localhost", "evil.example")).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_listens_to_the_network_the_page_is_there_for_the_list_alone() {
    for (operators, expected) in [("ada@school.example", 200), ("", 404)] {
        let variables = vec![("HOST", "0.0.0.0".to_owned()), ("OPERATOR_ACCOUNTS", operators.to_owned())];
        let app = TestApp::start_with(Wanted { variables, ..Wanted::default() }).await;
        let ada = app.signed_in(&cast::ada()).await;
        for path in ["/setup", "/setup/guide"] {
            assert_eq!(app.browser().get(path).await.status, 404, "{path}");
            assert_eq!(ada.get(path).await.status, expected, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_in_the_middle_of_a_look_does_not_make_it_begin_again() {
    let app = TestApp::start().await;
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::Exchange).times(1).then(Effect::Until(gate.clone())));
    let asked = || [Route::ModelList, Route::RefreshGrant].map(|route| app.sandbox.log().count(route));
    let doctor = Arc::clone(&app.state.doctor);
    tokio::select! {
        _ = doctor.report() => panic!("it is not told before the vault has answered"),
        () = eventually("the look is under way", || asked()[0] == 1) => {}
    }
    gate.open();
    assert_eq!(line(&set_up(&app.browser()).await, "found", "Token Vault").unwrap().state, "Works");
    assert_eq!(asked(), [1; 2], "what the first look saw is told");
}
