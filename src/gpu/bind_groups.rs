//! Bind groups of earlier steps, kept for later ones.

use std::collections::HashMap;

use wgpu::BindGroup;

/// Bind groups kept at most; shapes differ from step to step, so most are used once.
const BIND_GROUPS: usize = 2048;

/// What identifies a bind group: pipeline, uniform size, and buffer, offset and bytes of each binding.
pub(super) type BindGroupKey = (usize, usize, Vec<(usize, u64, u64)>);

/// Bind groups of earlier steps.
#[derive(Default)]
pub(super) struct BindGroups(HashMap<BindGroupKey, BindGroup>);

impl BindGroups {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets all if they are too many.
    pub(super) fn bound(&mut self) {
        if self.0.len() > BIND_GROUPS {
            self.clear();
        }
    }

    pub(super) fn get(&self, key: &BindGroupKey) -> Option<BindGroup> {
        self.0.get(key).cloned()
    }

    pub(super) fn insert(&mut self, key: BindGroupKey, group: BindGroup) {
        self.0.insert(key, group);
    }
}
