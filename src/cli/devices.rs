//! `gatefold devices`: the adapters of this machine, and which one gatefold takes.

use std::io::{self, Write};

use anyhow::Result;
use gatefold::device::{Device, devices};
use gatefold::gpu::AdapterReport;
use gatefold::plan::Form;
use gatefold::run::kernel_form;
use serde::Serialize;

use super::args::{DevicesArgs, Kernels};
use super::screen::{counted, field, print_json};
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
    let device = Device::open(&adapter_choice(&args.device))?;
    let mut found = devices();
    let limits = device.limits(args.device.kernels.into())?;
    let kernels = kernel_form(&limits);
    let report = device.report();
    if let (true, Some(last)) = (device.is_native(), found.last_mut()) {
        last.clone_from(&report); // with the threads that were asked for
    }
    let taken = found.iter().position(|found| *found == report);
    let gpus = found.iter().filter(|found| is_gpu(found)).count();
    let why = why(args, &report, gpus);
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
                field(
                    "",
                    &format!(
                        "taken: {why}; kernels: {kernels}{}",
                        why_kernels(args.device.kernels, limits.form)
                    )
                )
            )?;
        }
    }
    Ok(())
}

fn is_gpu(report: &AdapterReport) -> bool {
    report.processor.is_none() && report.kind != "software"
}

fn limits_text(report: &AdapterReport) -> String {
    if let Some(processor) = &report.processor {
        return format!(
            "{}, {}: vectors of {}; {} MiB a buffer",
            counted(processor.threads, "thread"),
            processor.vectors,
            counted(processor.lanes, "number"),
            report.binding_bytes >> 20
        );
    }
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

/// Why the kernels have the form that they have, after its name.
fn why_kernels(asked: Kernels, form: Form) -> &'static str {
    match (asked, form) {
        (_, Form::Native) => "",
        (Kernels::Portable | Kernels::Split | Kernels::Subgroup, _) => ", as --kernels asks for",
        (Kernels::Auto, Form::Split { .. }) => {
            ", made for a GPU whose subgroups have 8 lanes or more"
        }
        (Kernels::Auto, Form::Subgroup { .. }) => {
            ", made for a software adapter whose subgroups have one size"
        }
        (Kernels::Auto, Form::Portable) => ", which needs no subgroups",
    }
}

/// Why the adapter is taken that is.
fn why(args: &DevicesArgs, taken: &AdapterReport, gpus: usize) -> String {
    let named = std::env::var("WGPU_ADAPTER_NAME")
        .ok()
        .filter(|name| !name.is_empty());
    match (&args.device.adapter, named) {
        (Some(_), _) => "--adapter names it".to_string(),
        (None, Some(name)) => format!("WGPU_ADAPTER_NAME={name} names it"),
        (None, None) if taken.processor.is_some() && gpus == 0 => {
            "there is no GPU; software adapters are taken by name alone".to_string()
        }
        (None, None) if taken.processor.is_some() => "no GPU could be opened".to_string(),
        (None, None) if gpus == 1 => "the only GPU".to_string(),
        (None, None) => "the first of the best kind; discrete GPUs come before integrated and virtual ones, integrated \
                         ones first with WGPU_POWER_PREF=low"
            .to_string(),
    }
}
