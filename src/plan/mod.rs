//! From a model and a batch's sizes to a list of dispatches and buffers: pure, printable, countable.
//!
//! [`training_step`] and [`evaluation_step`] walk the layers; each kind's file in `layers/` adds its forward and its
//! backward dispatches to a [`Plan`]. Nothing here needs a device, and nothing here computes.
//!
//! Letters: `T` timesteps, `B` rows of the batch, `P = T·B` positions in time-major order, `U` unique
//! tokens, `E` embedding width, `H` units, `D` directions, `V` vocabulary.

mod adam;
mod batch_layout;
mod builder;
mod check;
mod custom_kernel;
pub mod dims;
mod dispatch;
mod dropout_mask;
mod explanation;
mod gradients;
mod head;
mod kernel;
mod kernel_table;
mod layers;
mod limits;
mod loss;
mod optimiser;
mod parameters;
mod peak;
mod products;
mod records;
mod recurrence;
mod rmsprop;
mod sgd;
mod step;
mod step_builder;
mod storage;
mod sums;
mod templates;
mod traffic;
mod update;

pub use adam::Adam;
pub use batch_layout::BatchLayout;
pub use dispatch::{BufferId, BufferSpec, Dispatch, Lifetime, Plan, Slice};
pub use dropout_mask::DropoutMask;
pub use explanation::{Explanation, explanation_step};
pub use gradients::Gradients;
pub use kernel::{Constant, Kernel};
pub use kernel_table::{Access, Binding, KERNELS, KernelFile, Traffic};
pub use limits::{Form, Limits, WIDE_SUBGROUP};
pub use optimiser::{Optimiser, Slot};
pub use parameters::ParameterLayout;
pub use peak::{peak_arithmetic, peak_copy};
pub use records::{RECORD_BYTES, RECORDS, record_bytes};
pub use recurrence::Recurrence;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
pub use step::{StepContext, evaluation_step, probabilities_buffer, training_step, update_step};
pub use step_builder::names;
pub use storage::Storage;
pub use sums::SPLIT;
pub use templates::Templates;
