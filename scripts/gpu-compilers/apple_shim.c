// A drm shim for Mesa's driver of Apple's GPUs, as an M1 answers it: memory is given out, and no work is done.
//
// Mesa has one for its older interface to the kernel alone, so this is the part of the kernel's own that the driver asks for
// before it compiles: what the GPU is, memory, and numbers for address spaces and queues.
#include <stdlib.h>
#include <string.h>

#include "asahi_drm.h"
#include "drm-shim/drm_shim.h"

bool drm_shim_driver_prefers_first_render_node = true;

// G13G, the GPU of an M1.
static const struct drm_asahi_params_global m1 = {
    .gpu_generation = 13,
    .gpu_variant = 'G',
    .gpu_revision = 0x10,
    .chip_id = 0x8103,
    .num_dies = 1,
    .num_clusters_total = 1,
    .num_cores_per_cluster = 8,
    .core_masks = {0xff},
    .max_frequency_khz = 1278000,
    .vm_start = 0x1000000,
    .vm_end = 0x6fffffffff,
    .vm_kernel_min_size = 0x20000000,
    .max_commands_per_submission = 64,
    .max_attachments = 16,
    .command_timestamp_frequency_hz = 1000000000,
};

static uint32_t last_number;

static int answer_nothing(int fd, unsigned long request, void *argument) {
    return 0;
}

static int get_params(int fd, unsigned long request, void *argument) {
    struct drm_asahi_get_params *wanted = argument;
    if (wanted->param_group != 0) {
        return -1;
    }
    if (wanted->size > sizeof m1) {
        wanted->size = sizeof m1;
    }
    memcpy((void *)(uintptr_t)wanted->pointer, &m1, wanted->size);
    return 0;
}

static int create_address_space(int fd, unsigned long request, void *argument) {
    ((struct drm_asahi_vm_create *)argument)->vm_id = ++last_number;
    return 0;
}

static int create_queue(int fd, unsigned long request, void *argument) {
    ((struct drm_asahi_queue_create *)argument)->queue_id = ++last_number;
    return 0;
}

static int create_memory(int fd, unsigned long request, void *argument) {
    struct drm_asahi_gem_create *wanted = argument;
    struct shim_bo *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        return -1;
    }
    drm_shim_bo_init(memory, wanted->size);
    wanted->handle = drm_shim_bo_get_handle(drm_shim_fd_lookup(fd), memory);
    drm_shim_bo_put(memory);
    return 0;
}

static int find_memory(int fd, unsigned long request, void *argument) {
    struct drm_asahi_gem_mmap_offset *wanted = argument;
    struct shim_fd *file = drm_shim_fd_lookup(fd);
    struct shim_bo *memory = drm_shim_bo_lookup(file, wanted->handle);
    if (memory == NULL) {
        return -1;
    }
    wanted->offset = drm_shim_bo_get_mmap_offset(file, memory);
    drm_shim_bo_put(memory);
    return 0;
}

static ioctl_fn_t answers[] = {
    [DRM_ASAHI_GET_PARAMS] = get_params,
    [DRM_ASAHI_GET_TIME] = answer_nothing,
    [DRM_ASAHI_VM_CREATE] = create_address_space,
    [DRM_ASAHI_VM_DESTROY] = answer_nothing,
    [DRM_ASAHI_VM_BIND] = answer_nothing,
    [DRM_ASAHI_GEM_CREATE] = create_memory,
    [DRM_ASAHI_GEM_MMAP_OFFSET] = find_memory,
    [DRM_ASAHI_GEM_BIND_OBJECT] = answer_nothing,
    [DRM_ASAHI_QUEUE_CREATE] = create_queue,
    [DRM_ASAHI_QUEUE_DESTROY] = answer_nothing,
    [DRM_ASAHI_SUBMIT] = answer_nothing,
};

void drm_shim_driver_init(void) {
    shim_device.bus_type = DRM_BUS_PLATFORM;
    shim_device.driver_name = "asahi";
    shim_device.driver_ioctls = answers;
    shim_device.driver_ioctl_count = sizeof answers / sizeof *answers;
    shim_device.version_major = 1;
    drm_shim_override_file("DRIVER=asahi\nOF_FULLNAME=/soc/agx\nOF_COMPATIBLE_0=apple,gpu-g13g\nOF_COMPATIBLE_N=1\n",
                           "/sys/dev/char/%d:%d/device/uevent", DRM_MAJOR, render_node_minor);
}
