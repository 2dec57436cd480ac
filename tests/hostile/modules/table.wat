;; A connector that makes its table grow until somebody stops it.
(module
  (memory (export "memory") 1)
  (table $table 1 funcref)
  (data (i32.const 16) "{}")

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)

  ;; `{}`: pointer and length at 0.
  (func (export "writeback:connector/writeback@0.1.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 2))
    i32.const 0)

  (func $grow (result i32)
    (loop $more
      (drop (table.grow $table (ref.null func) (i32.const 10000)))
      (br $more))
    unreachable)

  (func (export "writeback:connector/writeback@0.1.0#run") (param i32 i32 i32 i32 i32) (result i32)
    call $grow)
  (func (export "writeback:connector/writeback@0.1.0#check") (param i32 i32) (result i32)
    call $grow)
  (func (export "writeback:connector/writeback@0.1.0#browse") (param i32 i32) (result i32)
    call $grow)
)
