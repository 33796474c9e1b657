//! How a kernel's file becomes WGSL for a layer's sizes.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::custom_kernel::CustomKernel;
use super::kernel_table::{Access, KERNELS, KernelFile};
use super::templates::Templates;
use crate::error::{Error, Result};

/// A value that a template is expanded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A size.
    Size(u32),
    /// A choice.
    Flag(bool),
    /// A WGSL type.
    Type(&'static str),
}

/// A kernel with the sizes it is unrolled for: the key under which its pipeline is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kernel {
    name: &'static str,
    constants: Vec<(&'static str, Constant)>,
    custom: Option<Arc<CustomKernel>>,
}

impl Kernel {
    /// The kernel of `shaders/NAME.wgsl`, specialised for nothing yet.
    pub fn new(name: &'static str) -> Self {
        Kernel {
            name,
            constants: Vec::new(),
            custom: None,
        }
    }

    /// A kernel of your own: WGSL text with a compute entry point called `name`. Its storage buffers are at bindings 1, 2 …
    /// of group 0, as many as `bindings` says and used as it says; a uniform, if there is one, is at binding 0.
    ///
    /// The text is parsed and validated here. It is taken as it stands: no template, no parts of `shaders/`.
    ///
    /// # Errors
    /// [`Error::Kernel`] with the line of the text in which the first fault is, or with what the entry point or a binding
    /// lacks.
    ///
    /// # Examples
    /// ```
    /// use gatefold::plan::{Access, Kernel, Lifetime, Plan};
    ///
    /// let text = "
    ///     @group(0) @binding(1) var<storage, read_write> x: array<f32>;
    ///     @compute @workgroup_size(64) fn twice(@builtin(global_invocation_id) id: vec3<u32>) {
    ///         if id.x < arrayLength(&x) { x[id.x] *= 2.0; }
    ///     }";
    /// let mut plan = Plan::default();
    /// let x = plan.add_buffer("x", 4 * 100, Lifetime::Upload);
    /// plan.add_dispatch(Kernel::custom("twice", text, &[Access::ReadWrite])?, &[], &[x], [2, 1, 1]);
    /// plan.check()?; // Gpu::run runs it, and Gpu::read has x back.
    ///
    /// let wrong = Kernel::custom("twice", &text.replace("2.0", "2u"), &[Access::ReadWrite]);
    /// assert!(wrong.is_err_and(|error| error.to_string().contains("line 4")));
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn custom(name: &str, wgsl: &str, bindings: &[Access]) -> Result<Self> {
        Ok(Kernel {
            name: "",
            constants: Vec::new(),
            custom: Some(Arc::new(CustomKernel::new(name, wgsl, bindings)?)),
        })
    }

    /// Bytes that its uniform has at least, where that is known: of a [custom](Kernel::custom) kernel.
    pub(super) fn dims_bytes(&self) -> usize {
        self.custom.as_ref().map_or(0, |custom| custom.dims_bytes)
    }

    /// Sets a size of the template.
    pub fn size(mut self, name: &'static str, value: usize) -> Self {
        self.constants.push((name, Constant::Size(value as u32)));
        self
    }

    /// Sets a choice of the template.
    pub fn flag(mut self, name: &'static str, value: bool) -> Self {
        self.constants.push((name, Constant::Flag(value)));
        self
    }

    /// Binds rows of `width` numbers as vec4 where that is possible, and says how many Elements a row has.
    pub fn element(mut self, width: usize) -> (Self, usize) {
        let (element, elements) = if width.is_multiple_of(4) {
            ("vec4<f32>", width / 4)
        } else {
            ("f32", width)
        };
        self.constants.push(("element", Constant::Type(element)));
        (self, elements)
    }

    /// Name of the file, if it has one, and of the entry point.
    pub fn name(&self) -> &str {
        self.custom
            .as_ref()
            .map_or(self.name, |custom| &custom.name)
    }

    /// The size of this name, if the kernel is specialised for one.
    pub(crate) fn size_of(&self, name: &str) -> Option<u64> {
        self.constants.iter().find_map(|constant| match constant {
            (constant, Constant::Size(size)) if *constant == name => Some(u64::from(*size)),
            _ => None,
        })
    }

    /// Whether the choice of this name is made and true.
    pub(crate) fn has_flag(&self, name: &str) -> bool {
        let chosen = |(constant, value): &(&str, Constant)| {
            *constant == name && *value == Constant::Flag(true)
        };
        self.constants.iter().any(chosen)
    }

    /// Numbers in an Element: see [`Kernel::element`].
    pub(crate) fn element_numbers(&self) -> u64 {
        let wide = |(_, value): &(&str, Constant)| *value == Constant::Type("vec4<f32>");
        if self.constants.iter().any(wide) {
            4
        } else {
            1
        }
    }

    /// The entry of the table.
    ///
    /// # Errors
    /// [`Error::Kernel`] if there is no such file, as of a [custom](Kernel::custom) kernel.
    pub fn file(&self) -> Result<&'static KernelFile> {
        KERNELS
            .iter()
            .find(|file| file.name == self.name)
            .ok_or_else(|| self.error("no such kernel"))
    }

    /// Storage bindings, from binding 1 on, that the specialised text has.
    ///
    /// # Errors
    /// [`Error::Kernel`] if there is no such kernel.
    pub fn bindings(&self) -> Result<Vec<Access>> {
        if let Some(custom) = &self.custom {
            return Ok(custom.bindings.clone());
        }
        let bindings = self.file()?.bindings.iter();
        Ok(bindings
            .filter(|binding| self.has(binding.only_if))
            .map(|binding| binding.access)
            .collect())
    }

    /// Whether this condition of the table holds: none, or a choice that is made and true.
    pub(super) fn has(&self, condition: Option<&str>) -> bool {
        condition.is_none_or(|flag| self.has_flag(flag))
    }

    /// The WGSL text: the common parts that the file names, then the file, expanded.
    ///
    /// # Errors
    /// [`Error::Kernel`] if the template does not expand; the message has its line.
    pub fn source(&self) -> Result<String> {
        self.source_from(&Templates::default())
    }

    /// The WGSL text, as [`Kernel::source`], made from these templates.
    ///
    /// # Errors
    /// As [`Kernel::source`].
    pub fn source_from(&self, templates: &Templates) -> Result<String> {
        if let Some(custom) = &self.custom {
            return Ok(custom.wgsl.clone());
        }
        let text = |file: &str| {
            templates
                .text(file)
                .ok_or_else(|| self.error(&format!("there is no shaders/{file}.wgsl")))
        };
        let template = text(self.name)?;
        let mut source = String::new();
        for part in template
            .lines()
            .filter_map(|line| line.strip_prefix("// uses: "))
            .flat_map(|l| l.split(','))
        {
            source.push_str(text(part.split_whitespace().next().unwrap_or_default())?);
            source.push('\n');
        }
        source.push_str(template);
        self.expand(&source)
            .map_err(|error| self.error(&format!("{error:#}")))
    }

    fn expand(&self, template: &str) -> std::result::Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()?,
        );
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, constant) in &self.constants {
            let value = match constant {
                Constant::Size(size) => Value::from(*size),
                Constant::Flag(flag) => Value::from(*flag),
                Constant::Type(name) => Value::from(*name),
            };
            environment.add_global(*name, value);
        }
        // Recurrences handle the rows of a workgroup four at a time: rows_of(q) are those of quad q.
        // component(n) is the place of number n, a row or a state, in the vec4 that holds it.
        let rows = self.constants.iter().find_map(|constant| match constant {
            ("R", Constant::Size(rows)) => Some(*rows),
            _ => None,
        });
        environment.add_function("rows_of", move |quad: u32| -> Value {
            let rows: Range<u32> = 4 * quad..(4 * quad + 4).min(rows.unwrap_or(0));
            rows.collect::<Vec<_>>().into()
        });
        // part(n) takes row n out of its quad, which is a number where a workgroup has one row.
        environment.add_function("part", move |row: usize| match rows {
            Some(1) => "",
            _ => [".x", ".y", ".z", ".w"][row % 4],
        });
        environment.add_function("component", |number: usize| {
            ["x", "y", "z", "w"][number % 4]
        });
        environment.render_str(template, ())
    }

    fn error(&self, problem: &str) -> Error {
        Error::Kernel {
            kernel: self.to_string(),
            problem: problem.to_string(),
        }
    }
}

impl fmt::Display for Kernel {
    /// `lstm_forward_subgroup H=64 R=5 save`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        for (name, constant) in &self.constants {
            match constant {
                Constant::Size(size) => write!(f, " {name}={size}")?,
                Constant::Flag(true) => write!(f, " {name}")?,
                Constant::Flag(false) => {}
                Constant::Type(kind) => write!(f, " {kind}")?,
            }
        }
        Ok(())
    }
}
