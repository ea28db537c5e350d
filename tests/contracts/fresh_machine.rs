//! What a machine with nothing but Rust on it needs to build the program, and why it needs it.

use std::path::Path;
use toml::{Table, Value};

#[test]
fn no_libclang_is_needed_as_the_v4l2_bindings_were_generated_beforehand() {
    let manifest: Table = read("Cargo.toml").parse().expect("a manifest is TOML");
    let patch = manifest["patch"]["crates-io"]["v4l2-sys-mit"]["path"].as_str();
    assert_eq!(patch, Some("vendor/v4l2-sys-mit"));
    for file in ["Cargo.toml", "README.md", "src/bindings.rs"] {
        assert!(root().join("vendor/v4l2-sys-mit").join(file).is_file(), "{file} is not there");
    }

    let lock: Table = read("Cargo.lock").parse().expect("a lock file is TOML");
    let packages = lock["package"].as_array().expect("packages");
    let named = |name: &str| packages.iter().find(|package| package["name"].as_str() == Some(name));
    let bindings = named("v4l2-sys-mit").expect("the bindings are used");
    assert_eq!(bindings.get("source"), None, "they come from vendor/, not from a registry");
    for generator in ["bindgen", "clang-sys", "cmake", "openssl-sys", "aws-lc-sys"] {
        assert!(named(generator).is_none(), "{generator} needs more than Rust and a C compiler");
    }
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let text = read("Cargo.toml");
    let mut in_dependencies = false;
    let mut count = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            in_dependencies =
                section.ends_with("dependencies") && section != "workspace.dependencies";
            continue;
        }
        let is_comment = line.is_empty() || line.starts_with('#');
        if !in_dependencies || is_comment {
            continue;
        }
        count += 1;
        let reason = line.rsplit_once(" # ").map_or("", |(_, reason)| reason);
        assert!(reason.len() >= 4, "Cargo.toml:{number}: no reason is given: {line}");
    }
    assert!(count > 20, "{count} dependencies: is this still read as it is written?");
}

#[test]
fn no_dependency_is_there_twice_over() {
    let manifest: Table = read("Cargo.toml").parse().expect("a manifest is TOML");
    let all = manifest["dependencies"].as_table().expect("dependencies");
    let dev = manifest["dev-dependencies"].as_table().expect("dev-dependencies");
    let workspace = manifest["workspace"]["dependencies"].as_table().expect("a table");
    for (name, entry) in all {
        let Some(again) = dev.get(name) else { continue };
        // A crate of the workspace may be tested with features that the program does without.
        let path = again.get("path");
        let is_ours = path.is_some() && path == entry.get("path");
        assert!(is_ours && again.get("features").is_some(), "{name} is a dependency already");
    }
    // What both packages use has its version in one place.
    let server: Table = read("signaling-server/Cargo.toml").parse().expect("a manifest is TOML");
    for (name, entry) in server["dependencies"].as_table().expect("dependencies") {
        let shared = workspace.contains_key(name);
        let inherits = entry.get("workspace").and_then(Value::as_bool) == Some(true);
        assert!(!shared || inherits, "{name} has a version in the workspace and another one");
    }
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect("a file of the workspace")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
