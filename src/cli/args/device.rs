//! Which adapter, and how it computes.

use clap::{Args, ValueEnum};
use gatefold::gpu::KernelForm;

#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct DeviceArgs {
    /// Part of the adapter's name, or its number in `gatefold devices`
    ///
    /// Without it WGPU_ADAPTER_NAME decides, then the best there is. WGPU_BACKEND and WGPU_POWER_PREF
    /// narrow the choice as in other programs on wgpu.
    #[arg(long, value_name = "NAME|N")]
    pub adapter: Option<String>,
    /// Form of the hot kernels; both give the same results
    #[arg(long, value_enum, default_value_t)]
    pub kernels: Kernels,
    /// Take WebGPU's default limits and no feature, as a browser would
    ///
    /// Whatever more the adapter has is left unused. The kernels are then the portable ones.
    #[arg(long)]
    pub webgpu_limits: bool,
}

/// [`KernelForm`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Kernels {
    /// The subgroup form where the adapter can run it
    #[default]
    Auto,
    /// Needs nothing but WebGPU's default limits
    Portable,
    /// For adapters with subgroups of one size
    Subgroup,
}

impl From<Kernels> for KernelForm {
    fn from(kernels: Kernels) -> Self {
        match kernels {
            Kernels::Auto => KernelForm::Automatic,
            Kernels::Portable => KernelForm::Portable,
            Kernels::Subgroup => KernelForm::Subgroup,
        }
    }
}

/// How a recurrence is cut up.
#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct TileArgs {
    /// Rows of the batch that a workgroup of a recurrence owns [default: by the adapter]
    ///
    /// Results are the same, byte for byte; speed and the time to compile differ. More than the
    /// adapter's workgroup memory holds are not taken.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    row_tile: Option<u32>,
}

impl TileArgs {
    /// `--row-tile`, for [`gatefold::plan::Limits`].
    pub fn rows(&self) -> Option<usize> {
        self.row_tile.map(|rows| rows as usize)
    }
}

#[derive(Debug, Args)]
pub struct DevicesArgs {
    #[command(flatten)]
    pub device: DeviceArgs,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}
