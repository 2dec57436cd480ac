//! A component that never stops computing, against an epoch that the test advances itself.

use std::future::{Future as _, poll_fn};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wasmtime::{Instance, Module};

use crate::config::Config;
use crate::cpu_clock::thread_time;
use crate::meter::Metered;
use crate::sandbox::{self, Lent, Sandbox};
use crate::{CancelToken, Engine, EngineOptions, LimitExceeded, NoProgress, Tenant, UsageMeter};

/// `(module (func (export "spin") (loop (br 0))))`
const SPIN: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x08\x01\x04spin\0\0\
    \x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

/// As often as the engine's own thread would.
const TICK: Duration = Duration::from_millis(10);

/// Spins until a limit ends it. Counts the ticks that it took after this thread had used up the budget.
fn spin(engine: &wasmtime::Engine, sandbox: Sandbox, budget: Duration) -> (u32, wasmtime::Error) {
    let (mut store, meter) = sandbox::store(engine, sandbox, None, thread_time);
    let module = Module::new(engine, SPIN).unwrap();
    let mut spinning = Box::pin(async {
        let instance = Instance::new_async(&mut store, &module, &[]).await?;
        let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
        spin.call_async(&mut store, ()).await
    });
    let (mut late, start) = (0, thread_time());
    let mut run = Box::pin(Metered::new(
        poll_fn(|context| {
            // Each tick takes the loop's turn away once.
            late += u32::from(thread_time() - start > budget);
            spinning.as_mut().poll(context)
        }),
        meter,
    ));
    let mut context = Context::from_waker(Waker::noop());
    let ended = loop {
        if let Poll::Ready(ended) = run.as_mut().poll(&mut context) {
            break ended.unwrap_err();
        }
    };
    drop(run);
    (late, ended)
}

#[test]
fn a_busy_loop_ends_within_ten_ticks_of_its_budget() {
    for cpu_seconds in [0, 1] {
        let engine = Engine::new(EngineOptions {
            tick: None,
            ..EngineOptions::default()
        })
        .unwrap();
        let mut config = Config::default();
        config.limits.cpu_seconds = cpu_seconds;
        let tenant = Tenant::new(config.into_tenant()).unwrap();
        let progress = Arc::new(NoProgress);
        let sandbox = Sandbox::new(
            tenant,
            Lent::new(),
            progress,
            CancelToken::new(),
            UsageMeter::new(),
        );
        let (done, ended) = channel();
        let spinning = engine.clone();
        std::thread::spawn(move || {
            let budget = Duration::from_secs(cpu_seconds);
            done.send(spin(spinning.compiler(), sandbox, budget))
        });
        let (late, error) = loop {
            engine.tick();
            match ended.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) => {}
                ended => break ended.unwrap(),
            }
        };
        let limit = LimitExceeded::Cpu(cpu_seconds);
        assert_eq!(error.downcast_ref(), Some(&limit), "{error:#}");
        assert!(late <= 10, "{late} ticks after {cpu_seconds} s");
    }
}
