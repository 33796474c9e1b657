//! What is handed out: the Python wheel that carries the program, and the package of the crate.

use std::path::Path;
use std::process::Command;

/// Builds the wheel, installs it in a fresh virtual environment and runs it, where there is maturin.
#[test]
#[cfg(unix)]
fn the_wheel_is_installed_and_runs_without_a_toolchain() {
    let maturin = std::env::var("MATURIN").unwrap_or_else(|_| "maturin".to_string());
    if Command::new(&maturin).arg("--version").output().is_err() {
        eprintln!(
            "SKIPPED: no maturin, which builds wheels (pip install maturin, or name it in MATURIN)"
        );
        return;
    }
    let output = Command::new("sh")
        .args(["scripts/wheel.sh", "--profile", "dev"])
        .env_remove("WGPU_ADAPTER_NAME")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("runs from target/wheels/gatefold-"), "{told}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("  a fine film"), "{said}");
}

/// Version and licences stand in Cargo.toml; what pyproject.toml repeats of it must be the same.
#[test]
fn the_wheel_is_described_as_the_crate_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| -> toml::Table {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        text.parse().unwrap()
    };
    let (crate_, wheel) = (read("Cargo.toml"), read("pyproject.toml"));
    let (package, project) = (&crate_["package"], &wheel["project"]);
    for key in ["name", "license", "readme"] {
        assert_eq!(package[key], project[key], "{key}");
    }
    assert!(project.get("version").is_none());
    assert_eq!(project["dynamic"], vec!["version"].into());
    let licences = [
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "assets/DejaVuSans-LICENSE.txt",
    ];
    assert_eq!(project["license-files"], licences.to_vec().into());
    let included = package["include"].as_array().unwrap();
    for file in licences {
        assert!(root.join(file).is_file(), "{file}");
        let is_included = |pattern: &toml::Value| {
            let pattern = pattern.as_str().unwrap().trim_start_matches('/');
            match pattern.strip_suffix('*') {
                Some(start) => file.starts_with(start),
                None => Path::new(file).starts_with(pattern),
            }
        };
        assert!(
            included.iter().any(is_included),
            "{file} is not in the package"
        );
    }
    // A program, and no module of Python.
    assert_eq!(wheel["tool"]["maturin"]["bindings"], "bin".into());
}

/// The README is shown where there is no repository beside it.
#[test]
fn what_the_readme_links_to_is_in_the_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table = {
        let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        text.parse().unwrap()
    };
    let included = manifest["package"]["include"].as_array().unwrap();
    let is_included = |link: &str| {
        included.iter().any(|pattern| {
            let pattern = pattern.as_str().unwrap().trim_start_matches('/');
            Path::new(link).starts_with(pattern)
        })
    };
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let links = readme.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let path = link.split('#').next().unwrap_or(link);
        assert!(root.join(path).exists(), "{link} is not there");
        assert!(is_included(path), "{link} is not in the package");
    }
}
