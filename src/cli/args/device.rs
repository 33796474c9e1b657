//! Which adapter, and how it computes.

use clap::{Args, ValueEnum};
use gatefold::gpu::KernelForm;

#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct DeviceArgs {
    /// The device to use: part of an adapter's name, its number in `gatefold devices`, or cpu
    ///
    /// cpu is the processor itself, for which nothing has to be installed. Without this option, WGPU_ADAPTER_NAME names
    /// the device; if that is not set either, gatefold takes the best GPU, or the processor where there is none.
    /// WGPU_BACKEND and WGPU_POWER_PREF narrow the choice, as in other programs that use wgpu.
    #[arg(long, value_name = "NAME|N")]
    pub adapter: Option<String>,
    /// Form of the kernels that take the most time; both forms give the same results
    #[arg(long, value_enum, default_value_t)]
    pub kernels: Kernels,
    /// Use only WebGPU's default limits and no optional feature, as a browser would
    ///
    /// gatefold then uses the portable kernels, whatever else the adapter offers.
    #[arg(long)]
    pub webgpu_limits: bool,
    /// Number of threads that compute on the cpu [default: all]
    ///
    /// The results are the same, byte for byte. It is refused where the device is an adapter, which has its own ways.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
}

/// [`KernelForm`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Kernels {
    /// The form that is made for the adapter
    #[default]
    Auto,
    /// For all adapters: it needs only WebGPU's default limits
    Portable,
    /// For GPUs with subgroups of at least 8 lanes
    Split,
    /// For software adapters, with subgroups of one size
    Subgroup,
}

impl From<Kernels> for KernelForm {
    fn from(kernels: Kernels) -> Self {
        match kernels {
            Kernels::Auto => KernelForm::Automatic,
            Kernels::Portable => KernelForm::Portable,
            Kernels::Split => KernelForm::Split,
            Kernels::Subgroup => KernelForm::Subgroup,
        }
    }
}

/// How a recurrence is cut up.
#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct TileArgs {
    /// Number of batch rows that one workgroup of a recurrence computes [default: chosen for the adapter]
    ///
    /// The results are the same, byte for byte; speed and compile time differ. If the rows do not fit the adapter's
    /// workgroup memory, fewer are taken.
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
