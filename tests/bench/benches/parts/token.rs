//! The token of an account that is signed in, as every request after the first asks for it.

use criterion::Criterion;
use tokio::runtime::Runtime;
use writeback_host::bench::SignedIn;

pub fn bench(criterion: &mut Criterion, runtime: &Runtime) {
    let account = runtime.block_on(SignedIn::new());
    criterion.bench_function("token cache/second use", |bencher| {
        bencher
            .to_async(runtime)
            .iter(async || account.token().await);
    });
}
