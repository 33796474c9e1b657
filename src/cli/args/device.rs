//! Which adapter, and how it computes.

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use gatefold::gpu::KernelForm;
use gatefold::plan::Storage;

use super::choice::choice;

#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct DeviceArgs {
    /// The device: part of an adapter's name, its number in `gatefold devices`, or cpu
    ///
    /// An adapter is a GPU, or a program that stands in for one. cpu is the processor itself, and needs no driver. Without
    /// this option, gatefold takes the device that WGPU_ADAPTER_NAME names, else the best GPU, else the processor.
    /// WGPU_BACKEND and WGPU_POWER_PREF narrow the choice, as in other programs that use wgpu.
    #[arg(long, value_name = "NAME|N")]
    pub adapter: Option<String>,
    /// Which form of the kernels to run: the results agree, the speed differs
    #[arg(long, value_enum, default_value_t)]
    pub kernels: Kernels,
    /// Use no more of the adapter than a browser would: WebGPU's default limits, no optional feature
    ///
    /// gatefold then runs the portable kernels, whatever else the adapter offers.
    #[arg(long)]
    pub webgpu_limits: bool,
    /// With --adapter cpu: the number of threads to compute with [default: all]
    ///
    /// The results are the same for any number, byte for byte. For an adapter, gatefold refuses this option.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
}

/// [`KernelForm`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Kernels {
    /// The one that suits the device
    #[default]
    Auto,
    /// One for all adapters: WebGPU's default limits are enough
    Portable,
    /// One for GPUs whose subgroups have at least 8 lanes
    Split,
    /// One for software adapters whose subgroups have one size
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
    /// How many reviews a GPU workgroup handles at once in a recurrent layer [default: as suits the device]
    ///
    /// The results are the same for any number, byte for byte. Only speed and compile time change. If N reviews do not fit a
    /// workgroup's memory, gatefold takes fewer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    row_tile: Option<u32>,
}

impl TileArgs {
    /// `--row-tile`, for [`gatefold::plan::Limits`].
    pub fn rows(&self) -> Option<usize> {
        self.row_tile.map(|rows| rows as usize)
    }
}

/// How a training step keeps what its recurrent layers need again.
#[derive(Debug, Args)]
pub struct StorageArgs {
    /// How to keep what recurrent layers need for the backward pass: f16 takes half the memory
    #[arg(long, value_parser = storage_parser(), value_name = "f32|f16", default_value = "f32")]
    pub storage: Storage,
}

fn storage_parser() -> impl TypedValueParser<Value = Storage> {
    let help = |storage| match storage {
        Storage::F32 => "4 bytes a number",
        Storage::F16 => {
            "2 bytes a number, on adapters only; a number beyond 65,504 ends training. Sums stay f32"
        }
    };
    let all = Storage::ALL.map(|storage| (storage.name(), help(storage), storage));
    choice(all.to_vec())
}

#[derive(Debug, Args)]
pub struct DevicesArgs {
    #[command(flatten)]
    pub device: DeviceArgs,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}
