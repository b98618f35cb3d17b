//! The audit step (`.ci/audit`) by itself, with tools that are not there, or that
//! are none. What is wrong with what is linked in, the true tools say, and
//! the step plants something for each of them at every run.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// What every machine has.
const COMMON: [&str; 13] =
    ["awk", "bash", "cat", "cp", "dirname", "grep", "mkdir", "mktemp", "rm", "sed", "tar", "touch", "xz"];
/// The machine without a registry.
const NO_REGISTRY: (&str, &str) = ("cargo", "exit 101");

/// The step in a copy of the project, on a machine with these programs.
struct Machine(TempDir);

impl Machine {
    fn with(programs: &[(&str, &str)]) -> Self {
        let machine = Self(TempDir::new().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["bin", "home", "project/.ci"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        for file in [".ci/audit", "deny.toml", "Cargo.lock"] {
            fs::copy(root.join(file), machine.path("project").join(file)).unwrap();
        }
        for name in COMMON {
            let there = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
            symlink(there.iter().find(|file| file.exists()).unwrap(), machine.path("bin").join(name)).unwrap();
        }
        for (name, does) in programs {
            let file = machine.path("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{does}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn lock(&self, name: &str, source: &str) {
        let file = self.path("project/Cargo.lock");
        let lock = fs::read_to_string(&file).unwrap();
        let more = format!("\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\nsource = \"{source}\"\n");
        fs::write(file, [lock, more].concat()).unwrap();
    }

    /// How it left, and what it said.
    fn audit(&self) -> (i32, String) {
        let mut command = Command::new(self.path("bin/bash"));
        command.arg(self.path("project/.ci/audit")).env_clear();
        command.env("PATH", self.path("bin")).env("HOME", self.path("home"));
        let Output { status, stdout, stderr } = command.output().unwrap();
        let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (status.code().unwrap(), said)
    }

    fn store_advisories(&self) {
        fs::create_dir_all(self.path("shared/advisory-db")).unwrap();
        fs::write(self.path("shared/advisory-db/crates.tar.xz"), "").unwrap();
    }
}

#[test]
fn without_its_tools_the_audit_reads_the_lock_file_and_says_what_it_could_not_ask() {
    let machine = Machine::with(&[NO_REGISTRY]);
    let (left, said) = machine.audit();
    assert_eq!(left, 77, "{said}");
    for told in ["Lock file: every crate", "Licences, and crates in two versions: NOT asked", "There is no stored data"]
    {
        assert!(said.contains(told), "{said}");
    }
    machine.store_advisories();
    let (left, said) = machine.audit();
    assert_eq!(left, 77, "{said}");
    assert!(said.contains("Advisories: NOT asked. cargo-audit is not here, and no registry answers"), "{said}");
}

#[test]
fn a_crate_from_elsewhere_and_a_banned_one_are_found_without_any_tool() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    for (name, source, told) in [
        ("harmless", "git+https://evil.example/harmless#0123", "git+https://evil.example"),
        ("harmless", "registry+https://evil.example/index", "registry+https://evil.example"),
        ("native-tls", registry, "native-tls"),
    ] {
        let machine = Machine::with(&[NO_REGISTRY]);
        machine.lock(name, source);
        let (left, said) = machine.audit();
        assert!(left == 1 && said.contains(told), "{name} from {source}: {left} {said}");
    }
}

#[test]
fn a_tool_that_does_not_find_what_was_planted_fails_the_audit() {
    let finds_nothing = Machine::with(&[NO_REGISTRY, ("cargo-deny", "echo all is well")]);
    let (left, said) = finds_nothing.audit();
    assert!(left == 1 && said.contains("Licences: the gate does not shut"), "{left} {said}");
    // One that cannot even run has found nothing either.
    let cannot_run = Machine::with(&[NO_REGISTRY, ("cargo-deny", "exit 3")]);
    let (left, said) = cannot_run.audit();
    assert!(left == 1 && said.contains("Licences: the gate does not shut"), "{left} {said}");
}

#[test]
fn what_a_tool_finds_in_the_true_crates_fails_the_audit() {
    let deny = r#"case "$*" in *manifest-path*licenses) echo GPL-3.0-only; exit 1;; *manifest-path*) echo openssl; exit 1;;
        *) echo a licence that nobody looked at; exit 4;; esac"#;
    let (left, said) = Machine::with(&[NO_REGISTRY, ("cargo-deny", deny)]).audit();
    assert!(left == 4 && said.contains("a licence that nobody looked at"), "{left} {said}");
}

#[test]
fn a_tool_that_a_registry_has_is_not_left_out() {
    let machine = Machine::with(&[("cargo", r#"[ "$1" = info ]"#)]);
    let (left, said) = machine.audit();
    assert!(left == 1 && said.contains("cargo-deny 0.20.2 could not be installed"), "{left} {said}");
}
