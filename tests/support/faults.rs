//! Faults that the tests of kernels must notice: each changes one place of one file in `shaders/`.

use std::sync::LazyLock;

use gatefold::plan::Templates;
use serde::Deserialize;

/// Names the fault that a test program is to run with; unset, there is none.
pub const VARIABLE: &str = "GATEFOLD_FAULT";

/// A change of a kernel's text that makes it wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The file in `shaders/`, without `.wgsl`.
    pub file: String,
    /// What is wrong then.
    pub breaks: String,
    /// The text that is replaced wherever it stands.
    pub search: String,
    /// By what.
    pub replace: String,
    /// How often it stands there.
    #[serde(default = "once")]
    pub count: usize,
    /// Why no test can notice it, if that is so.
    pub harmless: Option<String>,
}

fn once() -> usize {
    1
}

impl Fault {
    /// Unique among all faults.
    pub fn name(&self) -> String {
        format!("{}: {}", self.file, self.breaks)
    }

    /// The kernels' texts with this fault.
    pub fn templates(&self) -> Templates {
        let sound = Templates::default();
        let text = sound
            .text(&self.file)
            .unwrap_or_else(|| panic!("{}: no such file", self.name()));
        let found = text.matches(&self.search).count();
        assert_eq!(
            found,
            self.count,
            "{}: how often the text to be replaced stands there",
            self.name()
        );
        let faulty = text.replace(&self.search, &self.replace);
        assert_ne!(faulty, text, "{}: nothing changes", self.name());
        sound.replace(&self.file, faulty).unwrap()
    }
}

/// Every fault, family by family.
pub fn all() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        #[derive(Deserialize)]
        struct Family {
            fault: Vec<Fault>,
        }
        [
            include_str!("faults/recurrence.toml"),
            include_str!("faults/gru.toml"),
            include_str!("faults/products.toml"),
            include_str!("faults/layers.toml"),
            include_str!("faults/pooling.toml"),
            include_str!("faults/step.toml"),
        ]
        .into_iter()
        .flat_map(|text| toml::from_str::<Family>(text).unwrap().fault)
        .collect()
    });
    &ALL
}

/// The kernels' texts, with the fault that [`VARIABLE`] names.
pub fn templates() -> Templates {
    let Ok(name) = std::env::var(VARIABLE) else {
        return Templates::default();
    };
    let fault = all().iter().find(|fault| fault.name() == name);
    fault
        .unwrap_or_else(|| panic!("{VARIABLE}: no fault {name}"))
        .templates()
}
