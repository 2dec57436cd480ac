;; A connector that would read the process's environment.
(module
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
  (memory (export "memory") 1)

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)

  (func $read (result i32)
    (call $environment (i32.const 0))
    unreachable)

  (func (export "writeback:connector/writeback@0.1.0#describe") (result i32)
    call $read)
  (func (export "writeback:connector/writeback@0.1.0#run") (param i32 i32 i32 i32 i32) (result i32)
    call $read)
  (func (export "writeback:connector/writeback@0.1.0#check") (param i32 i32) (result i32)
    call $read)
  (func (export "writeback:connector/writeback@0.1.0#browse") (param i32 i32) (result i32)
    call $read)
)
