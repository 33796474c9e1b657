//! Damaged WGSL: whatever it is, it is refused or followed, without a panic and without a hang.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wgsl_check::lint::{Limits, lint, resources};
use wgsl_check::mutate::mutants;
use wgsl_check::{Buffer, Launch, Rule, Shader, run};

/// Texts that are damaged.
const SOUND: &[&str] = &[
    "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
     @group(0) @binding(1) var<uniform> d: vec4<f32>;
     struct S { a: f32, b: vec3<i32>, c: array<u32, 4> }
     var<private> own: S;
     var<workgroup> w: array<atomic<u32>, 8>;
     override N: u32 = 4u;
     fn f(p: ptr<function, S>, k: i32) -> f32 { (*p).b[k & 1] = k; switch k { case 0, 1: { return (*p).a; } default: { } } return -1.5; }
     @compute @workgroup_size(4, 2) fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) g: vec3<u32>) {
         var s = S(1.0, vec3(1, 2, 3), array(1u, 2u, 3u, 4u));
         own.c[i % N] = i;
         for (var k = 0u; k < N; k++) { if k == i { continue; } s.c[k] += x[k] >> 1u; }
         workgroupBarrier();
         let old = atomicAdd(&w[i], bitcast<u32>(f(&s, i32(i))));
         let m = mat2x2<f32>(d.xy, d.zw) * vec2(1.0, f32(old));
         x[i] = u32(m.x) + own.c[0] + subgroupAdd(s.c[1]) + countOneBits(g.x);
     }",
    "@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
     @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
         var n = arrayLength(&x);
         loop { if n == 0u { break; } n = n / 2u; x[id.x % 4u] = mix(x[n % 4u], sqrt(x[0]), 0.5); continuing { break if n < 2u; } }
         x[0].w = dot(x[1], x[2].wzyx) + pow(2.0, x[0][id.x & 3u]) + select(1.0, 2.0, any(x[1] > x[2]));
     }",
];

/// Random numbers by xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }
}

/// Tokens that damage puts in the place of others.
const TOKENS: &[&str] = &[
    "0u",
    "4294967295u",
    "-1",
    "1.5",
    "(",
    ")",
    "{",
    "}",
    ";",
    "+",
    "*",
    "<<",
    "==",
    "x",
    "i",
    "n",
    "id",
    "var",
    "let",
    "loop",
    "break",
    "continue",
    "return",
    "u32",
    "f32",
    "vec4<f32>",
    "array<u32, 8>",
    "workgroupBarrier()",
    "&",
    "[",
    "]",
    "true",
    "discard",
    "@",
    "65536",
    "atomic<i32>",
    "f16",
    "ptr<function, u32>",
    "storageBarrier()",
    "é",
    "\u{0}",
];

fn damaged(random: &mut Random) -> String {
    let sound = SOUND[random.below(SOUND.len())];
    let mut parts: Vec<String> = sound
        .split_inclusive(|c: char| !c.is_alphanumeric())
        .map(str::to_owned)
        .collect();
    for _ in 0..1 + random.below(3) {
        let at = random.below(parts.len());
        match random.below(5) {
            0 => drop(parts.remove(at)),
            1 => parts[at] = format!(" {} ", TOKENS[random.below(TOKENS.len())]),
            2 => {
                let other = random.below(parts.len());
                parts.swap(at, other);
            }
            3 => {
                let again = parts[random.below(parts.len())].clone();
                parts.insert(at, again);
            }
            _ => {
                let number = random.below(70_000).to_string();
                if parts[at].trim_end().chars().any(|c| c.is_ascii_digit()) {
                    parts[at] = number;
                }
            }
        }
    }
    parts.concat()
}

/// Looks at so many damaged texts; returns how many were shaders, and how many ran without an interpreter's failure.
fn look_at(count: usize, seed: u64) -> usize {
    let mut random = Random(seed);
    let mut shaders = 0;
    for _ in 0..count {
        let text = damaged(&mut random);
        let Ok(shader) = Shader::parse(&text) else {
            continue;
        };
        shaders += 1;
        let _ = (lint(&shader), resources(&shader, &Limits::WEBGPU));
        let numbers: Vec<f32> = (0..16u8).map(f32::from).collect();
        let launch = Launch::new([2, 1, 1])
            .subgroup_size(4)
            .steps(20_000)
            .bind(0, 0, Buffer::f32(&numbers))
            .bind(0, 1, Buffer::f32(&[1.0; 4]));
        let outcome = run(&shader, &launch);
        let failed = outcome.findings().iter().find(|finding| {
            finding.rule == Rule::Opaque && finding.detail.contains("the interpreter failed")
        });
        assert!(failed.is_none(), "the interpreter panics on:\n{text}");
        if shaders % 50 == 0 {
            assert!(!mutants(&shader).is_empty());
        }
    }
    shaders
}

#[test]
fn damaged_texts_are_refused_or_followed() {
    let shaders = look_at(1_500, 0x1234_5678_9abc_def1);
    assert!(shaders > 50, "{shaders} of the texts are shaders");
}

#[test]
#[ignore = "takes minutes"]
fn a_hundred_thousand_damaged_texts_are_refused_or_followed() {
    let shaders = look_at(100_000, 0x0dd_ba11_cafe_f00d);
    eprintln!("{shaders} of 100,000 texts are shaders");
    assert!(shaders > 3_000, "{shaders} of the texts are shaders");
}
