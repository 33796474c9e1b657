//! `pipelines FILE.spv …`: makes a compute pipeline of each file on the first Vulkan device, as wgpu does, and prints a
//! line of JSON with the statistics of VK_KHR_pipeline_executable_properties. Nothing is submitted.

use std::ffi::{CStr, CString};
use std::path::Path;

use anyhow::{Context, ensure};
use ash::vk::PipelineExecutableStatisticFormatKHR as Format;
use ash::{Device, ext, khr, vk};
use serde_json::{Map, Value, json};

fn main() -> anyhow::Result<()> {
    // SAFETY: objects are made from their parents, which outlive them, and structures from lists that outlive the calls.
    // The process ends with nothing submitted, so no object needs to be destroyed.
    unsafe {
        let entry = ash::Entry::load()?;
        let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
        let info = vk::InstanceCreateInfo::default().application_info(&application);
        let instance = entry.create_instance(&info, None)?;
        let physical = *instance
            .enumerate_physical_devices()?
            .first()
            .context("the driver shows no device")?;
        let device = device(&instance, physical)?;
        let properties = khr::pipeline_executable_properties::Device::new(&instance, &device);
        for file in std::env::args().skip(1) {
            let path = Path::new(&file);
            let name = path.file_stem().context("a file")?.to_string_lossy();
            let pipeline = pipeline(&device, path).with_context(|| file.clone())?;
            let about = vk::PipelineInfoKHR::default().pipeline(pipeline);
            for (index, executable) in (0..).zip(properties.get_pipeline_executable_properties(&about)?) {
                let about = vk::PipelineExecutableInfoKHR::default()
                    .pipeline(pipeline)
                    .executable_index(index);
                let statistics = properties.get_pipeline_executable_statistics(&about)?;
                let statistics: Map<String, Value> = statistics.iter().map(entry_of).collect();
                let lanes = executable.subgroup_size;
                println!("{}", json!({"file": name, "lanes": lanes, "statistics": statistics}));
            }
        }
    }
    Ok(())
}

/// A device with what wgpu asks for, and with statistics of pipelines.
///
/// # Safety
/// `physical` is of `instance`.
unsafe fn device(instance: &ash::Instance, physical: vk::PhysicalDevice) -> anyhow::Result<Device> {
    // SAFETY: the caller's promise; the lists live until the call returns.
    unsafe {
        let there = instance.enumerate_device_extension_properties(physical)?;
        let has = |name: &CStr| there.iter().any(|e| e.extension_name_as_c_str() == Ok(name));
        ensure!(
            has(khr::pipeline_executable_properties::NAME),
            "the driver tells nothing of its pipelines"
        );
        let mut extensions = vec![khr::pipeline_executable_properties::NAME.as_ptr()];
        let robust = has(ext::robustness2::NAME);
        if robust {
            extensions.push(ext::robustness2::NAME.as_ptr());
        }
        let priorities = [1.0];
        let queues = [vk::DeviceQueueCreateInfo::default().queue_priorities(&priorities)];
        let mut statistics = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default()
            .pipeline_executable_info(true);
        let mut robustness =
            vk::PhysicalDeviceRobustness2FeaturesEXT::default().robust_buffer_access2(true);
        let mut vulkan_13 = vk::PhysicalDeviceVulkan13Features::default()
            .subgroup_size_control(true)
            .compute_full_subgroups(true)
            .maintenance4(true)
            .shader_zero_initialize_workgroup_memory(true);
        let features = vk::PhysicalDeviceFeatures::default().robust_buffer_access(true);
        let mut info = vk::DeviceCreateInfo::default()
            .queue_create_infos(&queues)
            .enabled_extension_names(&extensions)
            .enabled_features(&features)
            .push_next(&mut vulkan_13)
            .push_next(&mut statistics);
        if robust {
            info = info.push_next(&mut robustness);
        }
        Ok(instance.create_device(physical, &info, None)?)
    }
}

/// A pipeline of this file, whose binding 0 is a uniform and whose others are storage buffers.
///
/// # Safety
/// The file holds valid SPIR-V for this device.
unsafe fn pipeline(device: &Device, path: &Path) -> anyhow::Result<vk::Pipeline> {
    // SAFETY: the caller's promise; the lists live until the calls return.
    unsafe {
        let bytes = std::fs::read(path)?;
        let words = bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let words: Vec<u32> = words.collect();
        let (entry_point, last) = interface(&words).context("not a shader")?;
        let module = device.create_shader_module(&vk::ShaderModuleCreateInfo::default().code(&words), None)?;
        let binding = |binding| {
            let kind = match binding {
                0 => vk::DescriptorType::UNIFORM_BUFFER_DYNAMIC,
                _ => vk::DescriptorType::STORAGE_BUFFER,
            };
            vk::DescriptorSetLayoutBinding::default()
                .binding(binding)
                .descriptor_count(1)
                .stage_flags(vk::ShaderStageFlags::COMPUTE)
                .descriptor_type(kind)
        };
        let bindings: Vec<_> = (0..=last).map(binding).collect();
        let info = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
        let sets = [device.create_descriptor_set_layout(&info, None)?];
        let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
        let layout = device.create_pipeline_layout(&info, None)?;
        let stage = vk::PipelineShaderStageCreateInfo::default()
            .flags(vk::PipelineShaderStageCreateFlags::ALLOW_VARYING_SUBGROUP_SIZE)
            .stage(vk::ShaderStageFlags::COMPUTE)
            .module(module)
            .name(&entry_point);
        let info = vk::ComputePipelineCreateInfo::default()
            .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR)
            .stage(stage)
            .layout(layout);
        let made = device.create_compute_pipelines(vk::PipelineCache::null(), &[info], None);
        Ok(made.map_err(|(_, error)| error)?[0])
    }
}

/// Name of the entry point, and the highest binding.
fn interface(words: &[u32]) -> Option<(CString, u32)> {
    const ENTRY_POINT: u32 = 15;
    const DECORATE: u32 = 71;
    const BINDING: u32 = 33;
    let (mut rest, mut name, mut last) = (words.get(5..)?, None, 0);
    while let [head, ..] = rest {
        let (count, operation) = (((head >> 16) as usize).max(1), head & 0xffff);
        let own = rest.get(1..count)?;
        if operation == ENTRY_POINT {
            let bytes = own.get(2..)?.iter().flat_map(|word| word.to_le_bytes());
            name = CString::new(bytes.take_while(|&byte| byte != 0).collect::<Vec<_>>()).ok();
        }
        if let (DECORATE, [_, BINDING, number, ..]) = (operation, own) {
            last = last.max(*number);
        }
        rest = &rest[count..];
    }
    Some((name?, last))
}

/// Name and value of a statistic.
fn entry_of(statistic: &vk::PipelineExecutableStatisticKHR) -> (String, Value) {
    let name = statistic.name_as_c_str().unwrap_or_default();
    // SAFETY: `format` says which of the values the driver has written.
    let value = unsafe {
        match statistic.format {
            Format::BOOL32 => json!(statistic.value.b32 != 0),
            Format::INT64 => json!(statistic.value.i64),
            Format::UINT64 => json!(statistic.value.u64),
            _ => json!(statistic.value.f64),
        }
    };
    (name.to_string_lossy().into_owned(), value)
}
