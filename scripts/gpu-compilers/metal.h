// What naga's Metal text of the recurrent kernels needs, for CUDA. Functions are what NVIDIA's Vulkan driver makes of
// WGSL's: exponentials are approximations of the hardware.
#pragma once

typedef unsigned int uint;
#define DEVICE static __device__ __forceinline__

namespace metal {

struct __align__(8) float2 {
    float x, y;
    __device__ float2() {}
    __device__ float2(float s) : x(s), y(s) {}
    __device__ float2(float a, float b) : x(a), y(b) {}
};
struct float3 {
    float x, y, z;
    __device__ float3() {}
    __device__ float3(float s) : x(s), y(s), z(s) {}
    __device__ float3(float a, float b, float c) : x(a), y(b), z(c) {}
};
struct __align__(16) float4 {
    float x, y, z, w;
    __device__ float4() {}
    __device__ float4(float s) : x(s), y(s), z(s), w(s) {}
    __device__ float4(float a, float b, float c, float d) : x(a), y(b), z(c), w(d) {}
    __device__ float4(float2 a, float2 b) : x(a.x), y(a.y), z(b.x), w(b.y) {}
};
// Two halves in a word. CUDA's own header of them wants more headers than setup.sh fetches.
struct __align__(4) half2 {
    unsigned short x, y;
    __device__ half2() {}
    __device__ explicit half2(float2 a) {
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(x) : "f"(a.x));
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(a.y));
    }
    __device__ operator float2() const {
        float2 a;
        asm("cvt.f32.f16 %0, %1;" : "=f"(a.x) : "h"(x));
        asm("cvt.f32.f16 %0, %1;" : "=f"(a.y) : "h"(y));
        return a;
    }
};
struct __align__(8) uint2 {
    uint x, y;
    __device__ uint2() {}
    __device__ uint2(uint s) : x(s), y(s) {}
    __device__ uint2(uint a, uint b) : x(a), y(b) {}
};
struct uint3 {
    uint x, y, z;
};
struct bool2 {
    bool x, y;
};
struct bool4 {
    bool x, y, z, w;
};

#define OPERATOR(o)                                                                                       \
    DEVICE float2 operator o(float2 a, float2 b) { return float2(a.x o b.x, a.y o b.y); }                 \
    DEVICE float3 operator o(float3 a, float3 b) { return float3(a.x o b.x, a.y o b.y, a.z o b.z); }      \
    DEVICE float4 operator o(float4 a, float4 b) { return float4(a.x o b.x, a.y o b.y, a.z o b.z, a.w o b.w); } \
    DEVICE float4 operator o(float a, float4 b) { return float4(a) o b; }                                 \
    DEVICE float4 operator o(float4 a, float b) { return a o float4(b); }
OPERATOR(+)
OPERATOR(-)
OPERATOR(*)

DEVICE float4 operator/(float4 a, float4 b) { return float4(a.x / b.x, a.y / b.y, a.z / b.z, a.w / b.w); }
DEVICE uint2 operator&(uint2 a, uint2 b) { return uint2(a.x & b.x, a.y & b.y); }
DEVICE bool2 operator>(uint2 a, uint2 b) { return bool2{a.x > b.x, a.y > b.y}; }

DEVICE float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
DEVICE float3 fma(float3 a, float3 b, float3 c) {
    return float3(fma(a.x, b.x, c.x), fma(a.y, b.y, c.y), fma(a.z, b.z, c.z));
}
DEVICE float4 fma(float4 a, float4 b, float4 c) {
    return float4(fma(a.x, b.x, c.x), fma(a.y, b.y, c.y), fma(a.z, b.z, c.z), fma(a.w, b.w, c.w));
}
DEVICE float abs(float a) { return ::fabsf(a); }
DEVICE float exp(float a) { return __expf(a); }
DEVICE uint min(uint a, uint b) { return ::min(a, b); }
DEVICE uint max(uint a, uint b) { return ::max(a, b); }
template <class T> DEVICE T select(T otherwise, T then, bool condition) { return condition ? then : otherwise; }
DEVICE float2 select(float2 f, float2 t, bool2 c) { return float2(c.x ? t.x : f.x, c.y ? t.y : f.y); }
DEVICE uint2 select(uint2 f, uint2 t, bool2 c) { return uint2(c.x ? t.x : f.x, c.y ? t.y : f.y); }
DEVICE float4 select(float4 f, float4 t, bool4 c) {
    return float4(c.x ? t.x : f.x, c.y ? t.y : f.y, c.z ? t.z : f.z, c.w ? t.w : f.w);
}

constexpr uint ALL = 0xffffffffu;
DEVICE float simd_broadcast(float v, uint lane) { return __shfl_sync(ALL, v, lane); }
DEVICE float simd_shuffle(float v, uint lane) { return __shfl_sync(ALL, v, lane); }
DEVICE float simd_shuffle_xor(float v, uint mask) { return __shfl_xor_sync(ALL, v, mask); }
DEVICE float quad_broadcast(float v, uint lane) { return __shfl_sync(ALL, v, lane, 4); }
DEVICE float quad_shuffle_xor(float v, uint mask) { return __shfl_xor_sync(ALL, v, mask); }
DEVICE float2 quad_shuffle_xor(float2 v, uint mask) {
    return float2(__shfl_xor_sync(ALL, v.x, mask), __shfl_xor_sync(ALL, v.y, mask));
}

enum flags { mem_threadgroup };
DEVICE void threadgroup_barrier(flags) { __syncthreads(); }

}  // namespace metal

template <class T, class From> DEVICE T as_type(From from) { return *(T*)&from; }
