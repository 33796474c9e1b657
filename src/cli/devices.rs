//! `gatefold devices`: the adapters of this machine, and which one gatefold takes.

use std::io::{self, Write};

use anyhow::Result;
use gatefold::gpu::{AdapterReport, Gpu, adapters};
use gatefold::run::kernel_form;
use serde::Serialize;

use super::args::DevicesArgs;
use super::screen::{field, print_json};
use super::settings::adapter_choice;

#[derive(Serialize)]
struct Listing<'a> {
    adapters: Vec<Row<'a>>,
    why: String,
}

#[derive(Serialize)]
struct Row<'a> {
    index: usize,
    #[serde(flatten)]
    report: &'a AdapterReport,
    /// Of the adapter that is taken, the form of its kernels.
    #[serde(skip_serializing_if = "Option::is_none")]
    kernels: Option<&'a str>,
    taken: bool,
}

/// Lists the adapters.
pub fn run(args: &DevicesArgs) -> Result<()> {
    let gpu = Gpu::open(&adapter_choice(&args.device))?;
    let found = adapters();
    let kernels = kernel_form(&gpu.limits(args.device.kernels.into())?);
    let taken = found.iter().position(|report| report == gpu.report());
    let why = why(args, found.len());
    if args.json {
        let row = |(index, report)| Row {
            index,
            report,
            kernels: (Some(index) == taken).then_some(kernels.as_str()),
            taken: Some(index) == taken,
        };
        let adapters = found.iter().enumerate().map(row).collect();
        return print_json(&Listing { adapters, why });
    }
    let mut out = io::stdout().lock();
    for (index, report) in found.iter().enumerate() {
        writeln!(out, "{}", field(&format!("{index}"), &report.name))?;
        writeln!(
            out,
            "{}",
            field(
                "",
                &format!(
                    "{}, {}; driver {}",
                    report.kind, report.backend, report.driver
                )
            )
        )?;
        writeln!(out, "{}", field("", &limits_text(report)))?;
        if Some(index) == taken {
            writeln!(
                out,
                "{}",
                field("", &format!("taken: {why}; kernels: {kernels}"))
            )?;
        }
    }
    Ok(())
}

fn limits_text(report: &AdapterReport) -> String {
    let subgroups = match report.subgroup {
        None => "no subgroup operations".to_string(),
        Some((least, most)) if least == most => format!("subgroups of {least}"),
        Some((least, most)) => format!("subgroups of {least} to {most}"),
    };
    format!(
        "{subgroups}; {} MiB a binding, {} KiB of workgroup memory, {} invocations a workgroup{}",
        report.binding_bytes >> 20,
        report.workgroup_bytes >> 10,
        report.workgroup_invocations,
        if report.timestamps {
            ", timestamps"
        } else {
            ""
        }
    )
}

/// Why the adapter is taken that is.
fn why(args: &DevicesArgs, count: usize) -> String {
    let named = std::env::var("WGPU_ADAPTER_NAME")
        .ok()
        .filter(|name| !name.is_empty());
    match (&args.device.adapter, named) {
        (Some(_), _) => "--adapter names it".to_string(),
        (None, Some(name)) => format!("WGPU_ADAPTER_NAME={name} names it"),
        (None, None) if count == 1 => "the only one".to_string(),
        (None, None) => "the first of the best kind; discrete GPUs come before integrated, virtual and software ones, \
                         integrated ones first with WGPU_POWER_PREF=low, and of software ones those with the \
                         widest subgroups"
            .to_string(),
    }
}
