//! [`Templates`]: the texts that kernels are made from.

use std::collections::HashMap;

use super::kernel_table::{COMMON, KERNELS};
use crate::error::{Error, Result};

/// The texts of `shaders/`, as they are built in or with some replaced.
///
/// Replacing one shows what a changed kernel does without building anything: that is how the tests put faults
/// into kernels. See [`Gpu::with_templates`](crate::gpu::Gpu::with_templates).
///
/// ```
/// use gatefold::plan::{Kernel, Templates};
///
/// let adam = Templates::default().text("adam").unwrap_or_default().replace("decayed - dims", "decayed + dims");
/// let uphill = Templates::default().replace("adam", adam)?;
/// let kernel = Kernel::new("adam").flag("clip", false);
/// assert!(kernel.source_from(&uphill)?.contains("decayed + dims.alpha"));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Templates {
    replaced: HashMap<&'static str, String>,
}

impl Templates {
    /// The text of a file, by its name without `.wgsl`: `adam`, or `common/philox`.
    pub fn text(&self, file: &str) -> Option<&str> {
        let (name, built_in) = built_in(file)?;
        Some(self.replaced.get(name).map_or(built_in, String::as_str))
    }

    /// A copy in which one file has another text.
    ///
    /// # Errors
    /// [`Error::Kernel`] if there is no such file.
    pub fn replace(mut self, file: &str, text: String) -> Result<Templates> {
        let (name, _) = built_in(file).ok_or_else(|| Error::Kernel {
            kernel: file.to_owned(),
            problem: "no such file in shaders/".to_owned(),
        })?;
        self.replaced.insert(name, text);
        Ok(self)
    }
}

/// Name and text of a file.
fn built_in(file: &str) -> Option<(&'static str, &'static str)> {
    let kernels = KERNELS.iter().map(|kernel| (kernel.name, kernel.template));
    kernels
        .chain(COMMON.iter().copied())
        .find(|(name, _)| *name == file)
}
