//! Every codec path whose instructions are gated, by the clock: the same rigs and the same second of sound.

use criterion::Criterion;
use trunkline_benches::{Rig, Scenario};

pub(crate) fn paths(c: &mut Criterion) {
    let mut group = c.benchmark_group("path");
    for scenario in Scenario::all() {
        let mut rig = scenario.warm_rig().unwrap();
        // A call is one conversation: it cannot be gone on with for as long as the clock wants.
        if matches!(rig, Rig::Codec(_)) {
            group.bench_function(scenario.to_string(), |b| b.iter(|| rig.frame()));
        }
    }
}
