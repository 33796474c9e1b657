//! [`Shader`]: WGSL that naga takes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use naga::valid::{Capabilities, ModuleInfo, SubgroupOperationSet, ValidationFlags, Validator};
use naga::{Module, ShaderStage};

use crate::finding::{Finding, Place};
use crate::rule::Rule;

/// A shader, parsed and validated.
#[derive(Debug, Clone)]
pub struct Shader {
    pub(crate) source: String,
    pub(crate) module: Module,
    pub(crate) info: ModuleInfo,
}

/// Why a text is no shader: naga's message with the place, as rustc shows it, and the same as a [`Finding`].
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct InvalidShader {
    message: String,
    finding: Box<Finding>,
}

impl InvalidShader {
    fn new(source: &str, message: String, headline: String, span: Option<naga::Span>) -> Self {
        let mut finding = Finding::new(Rule::Invalid, headline);
        finding.place = span.and_then(|span| Place::of_span(source, span));
        InvalidShader {
            message,
            finding: Box::new(finding),
        }
    }

    /// The same as a finding of [`Rule::Invalid`].
    pub fn finding(&self) -> &Finding {
        &self.finding
    }
}

impl Shader {
    /// Parses and validates WGSL.
    ///
    /// ```
    /// let error = wgsl_check::Shader::parse("fn f() -> u32 { return 1.5; }").unwrap_err();
    /// assert!(error.to_string().contains("wgsl:1:"));
    /// ```
    ///
    /// # Errors
    /// [`InvalidShader`] with naga's message.
    pub fn parse(source: &str) -> Result<Shader, InvalidShader> {
        Shader::parse_named(source, "wgsl")
    }

    /// As [`Shader::parse`], with the name that messages call the text by.
    ///
    /// # Errors
    /// [`InvalidShader`] with naga's message.
    pub fn parse_named(source: &str, name: &str) -> Result<Shader, InvalidShader> {
        guarded(source, || {
            let module = naga::front::wgsl::parse_str(source).map_err(|error| {
                let span = error.labels().next().map(|(span, _)| span);
                let message = error.emit_to_string_with_path(source, name);
                InvalidShader::new(source, message, error.message().to_owned(), span)
            })?;
            Shader::of_module(source, module, name)
        })
    }

    /// A module that was made from this text, validated.
    ///
    /// # Errors
    /// [`InvalidShader`] with the validator's message.
    pub fn from_module(source: &str, module: Module) -> Result<Shader, InvalidShader> {
        guarded(source, || Shader::of_module(source, module, "wgsl"))
    }

    fn of_module(source: &str, module: Module, name: &str) -> Result<Shader, InvalidShader> {
        let info = Validator::new(ValidationFlags::all(), Capabilities::all())
            .subgroup_stages(naga::valid::ShaderStages::all())
            .subgroup_operations(SubgroupOperationSet::all())
            .validate(&module)
            .map_err(|error| {
                let span = error.spans().next().map(|(span, _)| *span);
                let mut headline = error.as_inner().to_string();
                let mut cause: Option<&dyn std::error::Error> =
                    std::error::Error::source(error.as_inner());
                while let Some(inner) = cause {
                    headline = format!("{headline}: {inner}");
                    cause = inner.source();
                }
                let message = error.emit_to_string_with_path(source, name);
                InvalidShader::new(source, message, headline, span)
            })?;
        Ok(Shader {
            source: source.to_owned(),
            module,
            info,
        })
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// naga's form of it.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// What naga's validator knows of it.
    pub fn info(&self) -> &ModuleInfo {
        &self.info
    }

    /// Names of the compute entry points.
    pub fn entry_points(&self) -> impl Iterator<Item = &str> {
        let entries = self.module.entry_points.iter();
        entries
            .filter(|entry| entry.stage == ShaderStage::Compute)
            .map(|entry| entry.name.as_str())
    }
}

/// Stack for naga's parser, which recurs for every nested parenthesis, and for the interpreter.
const STACK: usize = 256 << 20;

/// Runs on a thread with a large stack; `None` where it panicked or there is no thread to be had.
pub(crate) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let thread = builder.spawn_scoped(scope, || catch_unwind(AssertUnwindSafe(work)));
        thread.ok()?.join().ok()?.ok()
    })
}

/// naga is to refuse what it does not take, and panics on some of it.
fn guarded(
    source: &str,
    work: impl FnOnce() -> Result<Shader, InvalidShader> + Send,
) -> Result<Shader, InvalidShader> {
    on_large_stack(work).unwrap_or_else(|| {
        let message = "naga panicked on this text, or no thread could be started for it";
        Err(InvalidShader::new(
            source,
            format!("error: {message}\n"),
            message.to_owned(),
            None,
        ))
    })
}
