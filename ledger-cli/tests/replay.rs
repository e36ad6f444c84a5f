//! `ledger replay`: the same everywhere, to any moment, and refused when it is not what was noted.

mod support;

use support::{golden, run, words};

/// The demonstration's published record, and how to ask it.
struct Demo {
    scratch: tempfile::TempDir,
}

impl Demo {
    fn new() -> Self {
        let demo = Demo { scratch: tempfile::tempdir().expect("a directory") };
        run(["demo".to_owned(), "--data".to_owned(), demo.path("demo")]).ok();
        demo
    }

    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn ask(&self, line: &str) -> support::Said {
        run(words(line).into_iter().chain(["--data".to_owned(), self.path("demo")]))
    }
}

#[test]
fn a_replay_says_the_same_on_every_machine() {
    let demo = Demo::new();
    let all = demo.ask("replay").ok();
    golden("replay.txt", &all.out);
    assert!(all.err.contains("entries in") && all.err.contains("/s"), "{}", all.err);
    let file = demo.path("ratings.json");
    let written = demo.ask(&format!("replay --until 2026-07-01 -o '{file}' --json")).ok().json();
    let kept: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).expect("read")).expect("JSON");
    assert_eq!(kept, written, "the file holds what is printed");
    assert!(all.out.contains(written["state_hash"].as_str().expect("a hash")));
    assert_eq!(written["ratings"].as_array().expect("a list").len(), 88);
}

#[test]
fn a_noted_hash_is_recomputed_or_refused() {
    let demo = Demo::new();
    let earlier = demo.ask("replay --until 300 --json").ok().json();
    assert_eq!(earlier["entries"], 301);
    let noted = earlier["state_hash"].as_str().expect("a hash");
    demo.ask(&format!("replay --until 300 --verify-against {noted}")).ok();
    let differs = demo.ask(&format!("replay --verify-against {noted}"));
    assert_eq!(differs.status, 1);
    assert!(differs.err.contains(noted) && differs.err.contains("the state hash is"), "{}", differs.err);
    let register = earlier["projections"].as_array().expect("a list");
    let register = register.iter().find(|state| state["projection"] == "register").expect("listed");
    let only = register["state_hash"].as_str().expect("a hash");
    demo.ask(&format!("replay --until 300 --projection register --verify-against {only}")).ok();
}

#[test]
fn moments_and_projections_that_do_not_exist_are_named() {
    let demo = Demo::new();
    for (line, message) in [
        ("replay --until yesterday", "'yesterday'"),
        ("replay --until 2020-01-01", "nothing was known then"),
        ("replay --projection ratings", "register"),
        ("replay --verify-against 12", "'12'"),
    ] {
        let said = demo.ask(line);
        assert_eq!(said.status, 2, "{line}");
        assert!(said.err.contains(message), "{line}: {}", said.err);
    }
}
