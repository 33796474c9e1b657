//! [`KernelForm`]: which form of the hot kernels to take, and which an adapter can run.

use crate::plan::{Form, WIDE_SUBGROUP};

/// Which form of the hot kernels to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KernelForm {
    /// What fits the adapter: on a GPU the split form, on a software adapter the subgroup form, and the portable one
    /// where the adapter's subgroups allow neither.
    #[default]
    Automatic,
    /// The portable form.
    Portable,
    /// The split form, or an error.
    Split,
    /// The subgroup form, or an error.
    Subgroup,
}

/// Fewest lanes among which the split form shares a sum.
const SPLIT_LANES: usize = 8;

impl KernelForm {
    /// The form for an adapter that says this of itself: lanes of its smallest and its largest subgroup, if kernels may use
    /// subgroups, and whether it computes on the CPU; or what it lacks.
    ///
    /// A software adapter keeps an invocation's weights in memory near by, so the fewer invocations the better; a GPU
    /// has few registers an invocation, and wants many of them.
    pub(super) fn on(
        self,
        subgroup: Option<(usize, usize)>,
        software: bool,
    ) -> Result<Form, &'static str> {
        let same = subgroup.filter(|(least, most)| least == most && *least > 0);
        let wide = subgroup.filter(|(least, _)| *least >= SPLIT_LANES);
        let split = wide.map(|(least, lanes)| Form::Split { least, lanes });
        let subgroup = same.map(|(lanes, _)| Form::Subgroup { lanes });
        match self {
            KernelForm::Automatic if software => Ok(subgroup.unwrap_or(Form::Portable)),
            KernelForm::Automatic => Ok(split.unwrap_or(Form::Portable)),
            KernelForm::Portable => Ok(Form::Portable),
            KernelForm::Split => {
                split.ok_or("has no subgroups of 8 lanes or more, which `KernelForm::Split` needs")
            }
            KernelForm::Subgroup => {
                subgroup.ok_or("has no subgroups of one size, which `KernelForm::Subgroup` needs")
            }
        }
    }
}

/// Quads of rows, and of columns, of a product's tile that an invocation sums: two where compilers give a lane registers for
/// 8 × 8 sums. docs/performance.md has the table.
pub(super) fn product_quads(subgroup: Option<(usize, usize)>, few_registers: bool) -> usize {
    match subgroup {
        Some((least, _)) if least >= WIDE_SUBGROUP && !few_registers => 2,
        _ => 1,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_adapter_gets_the_form_made_for_it() {
        let automatic = |subgroup, software| KernelForm::Automatic.on(subgroup, software).unwrap();
        // NVIDIA and GCN, RDNA, Intel, and a GPU without subgroups.
        let split = |least, lanes| Form::Split { least, lanes };
        assert_eq!(automatic(Some((32, 32)), false), split(32, 32));
        assert_eq!(automatic(Some((64, 64)), false), split(64, 64));
        assert_eq!(automatic(Some((32, 64)), false), split(32, 64));
        assert_eq!(automatic(Some((8, 32)), false), split(8, 32));
        assert_eq!(automatic(Some((4, 4)), false), Form::Portable);
        assert_eq!(automatic(Some((0, 0)), false), Form::Portable);
        assert_eq!(automatic(None, false), Form::Portable);
        // lavapipe, and one that may take any size.
        assert_eq!(automatic(Some((8, 8)), true), Form::Subgroup { lanes: 8 });
        assert_eq!(automatic(Some((4, 8)), true), Form::Portable);
        assert_eq!(automatic(None, true), Form::Portable);
    }

    #[test]
    fn large_tiles_need_many_registers() {
        // NVIDIA, RDNA; Lunar Lake, Tiger Lake, none; Apple.
        let wide = [Some((32, 32)), Some((32, 64))];
        assert_eq!(wide.map(|subgroup| product_quads(subgroup, false)), [2, 2]);
        let others = [Some((16, 32)), Some((8, 32)), None];
        assert_eq!(
            others.map(|subgroup| product_quads(subgroup, false)),
            [1; 3]
        );
        assert_eq!(product_quads(Some((32, 32)), true), 1);
    }

    #[test]
    fn a_form_that_is_asked_for_is_taken_or_refused() {
        for software in [false, true] {
            let on = |form: KernelForm, subgroup| form.on(subgroup, software);
            assert_eq!(on(KernelForm::Portable, Some((32, 32))), Ok(Form::Portable));
            assert_eq!(
                on(KernelForm::Split, Some((8, 16))),
                Ok(Form::Split {
                    least: 8,
                    lanes: 16
                })
            );
            assert_eq!(
                on(KernelForm::Subgroup, Some((32, 32))),
                Ok(Form::Subgroup { lanes: 32 })
            );
            assert!(
                on(KernelForm::Split, Some((4, 32)))
                    .unwrap_err()
                    .contains("8 lanes")
            );
            assert!(
                on(KernelForm::Subgroup, Some((8, 32)))
                    .unwrap_err()
                    .contains("one size")
            );
            assert!(
                on(KernelForm::Subgroup, Some((0, 0)))
                    .unwrap_err()
                    .contains("one size")
            );
            assert!(
                on(KernelForm::Split, None).is_err() && on(KernelForm::Subgroup, None).is_err()
            );
        }
    }
}
