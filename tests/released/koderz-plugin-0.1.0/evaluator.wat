;; An evaluator of the contract koderz:plugin@0.1.0, which every later host has to load and call. It is never changed: a new
;; contract gets components of its own. Its core module is written by hand; wit-component has put the types around it.
(component
  (type $ty-koderz:plugin/subject@0.1.0 (;0;)
    (instance
      (type (;0;) (result string (error string)))
      (type (;1;) (func (param "entry-point" string) (param "input" string) (result 0)))
      (export (;0;) "call" (func (type 1)))
    )
  )
  (import "koderz:plugin/subject@0.1.0" (instance $koderz:plugin/subject@0.1.0 (;0;) (type $ty-koderz:plugin/subject@0.1.0)))
  (core module $main (;0;)
    (type (;0;) (func (param i32 i32 i32 i32 i32)))
    (type (;1;) (func (param i32 i32 i32 i32) (result i32)))
    (type (;2;) (func (result i32)))
    (type (;3;) (func (param i32 i32) (result i32)))
    (import "koderz:plugin/subject@0.1.0" "call" (func $subject (;0;) (type 0)))
    (memory (;0;) 16)
    (global $heap (;0;) (mut i32) (i32.const 8192))
    (export "memory" (memory 0))
    (export "cabi_realloc" (func $realloc))
    (export "koderz:plugin/identity@0.1.0#describe" (func $identity))
    (export "koderz:plugin/evaluator@0.1.0#languages" (func $languages))
    (export "koderz:plugin/evaluator@0.1.0#run" (func $run))
    (export "koderz:plugin/evaluator@0.1.0#load" (func $load))
    (export "koderz:plugin/evaluator@0.1.0#call" (func $call))
    (export "koderz:plugin/evaluator@0.1.0#judge" (func $judge))
    (func $realloc (;1;) (type 1) (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at
        (i32.and
          (i32.add
            (global.get $heap)
            (i32.sub
              (local.get $align)
              (i32.const 1)))
          (i32.sub
            (i32.const 0)
            (local.get $align))))
      (global.set $heap
        (i32.add
          (local.get $at)
          (local.get $size)))
      (if ;; label = @1
        (i32.gt_u
          (global.get $heap)
          (i32.const 1048576))
        (then
          (unreachable)))
      (memory.copy
        (local.get $at)
        (local.get $old)
        (local.get $had))
      (local.get $at)
    )
    (func $identity (;2;) (type 2) (result i32)
      (i32.store
        (i32.const 2048)
        (i32.const 16))
      (i32.store
        (i32.const 2052)
        (i32.const 15))
      (i32.store
        (i32.const 2056)
        (i32.const 31))
      (i32.store
        (i32.const 2060)
        (i32.const 5))
      (i32.store
        (i32.const 2064)
        (i32.const 36))
      (i32.store
        (i32.const 2068)
        (i32.const 35))
      (i32.const 2048)
    )
    (func $languages (;3;) (type 2) (result i32)
      (i32.store
        (i32.const 2080)
        (i32.const 71))
      (i32.store
        (i32.const 2084)
        (i32.const 4))
      (i32.store
        (i32.const 2088)
        (i32.const 2080))
      (i32.store
        (i32.const 2092)
        (i32.const 1))
      (i32.const 2088)
    )
    (func $run (;4;) (type 3) (param $source i32) (param $length i32) (result i32)
      (i32.store8
        (i32.const 2112)
        (i32.ne
          (local.get $length)
          (i32.const 0)))
      (i32.store
        (i32.const 2116)
        (local.get $source))
      (i32.store
        (i32.const 2120)
        (local.get $length))
      (i32.const 2112)
    )
    (func $load (;5;) (type 3) (param $source i32) (param $length i32) (result i32)
      (i32.store8
        (i32.const 2112)
        (i32.const 0))
      (i32.store
        (i32.const 2128)
        (local.get $source))
      (i32.store
        (i32.const 2132)
        (local.get $length))
      (i32.const 2112)
    )
    (func $call (;6;) (type 1) (param $entry i32) (param $named i32) (param $input i32) (param $length i32) (result i32)
      (if ;; label = @1
        (i32.eqz
          (local.get $length))
        (then
          (i32.store8
            (i32.const 2144)
            (i32.const 1))
          (i32.store
            (i32.const 2148)
            (local.get $entry))
          (i32.store
            (i32.const 2152)
            (local.get $named)))
        (else
          (i32.store8
            (i32.const 2144)
            (i32.const 0))
          (i32.store
            (i32.const 2148)
            (i32.load
              (i32.const 2128)))
          (i32.store
            (i32.const 2152)
            (i32.load
              (i32.const 2132)))))
      (i32.const 2144)
    )
    (func $judge (;7;) (type 1) (param $source i32) (param $length i32) (param $entries i32) (param $count i32) (result i32)
      (if ;; label = @1
        (i32.eqz
          (local.get $count))
        (then
          (i32.store8
            (i32.const 2160)
            (i32.const 1))
          (i32.store8
            (i32.const 2164)
            (i32.const 1))
          (i32.store
            (i32.const 2168)
            (i32.const 75))
          (i32.store
            (i32.const 2172)
            (i32.const 26))
          (return
            (i32.const 2160))))
      (call $subject
        (i32.load
          (local.get $entries))
        (i32.load offset=4
          (local.get $entries))
        (local.get $source)
        (local.get $length)
        (i32.const 2176))
      (i32.store8
        (i32.const 2164)
        (i32.const 0))
      (if ;; label = @1
        (i32.load8_u
          (i32.const 2176))
        (then
          (i32.store8
            (i32.const 2160)
            (i32.const 1))
          (i32.store
            (i32.const 2168)
            (i32.load
              (i32.const 2180)))
          (i32.store
            (i32.const 2172)
            (i32.load
              (i32.const 2184))))
        (else
          (i32.store8
            (i32.const 2160)
            (i32.ne
              (i32.load
                (i32.const 2184))
              (local.get $length)))
          (i32.store
            (i32.const 2168)
            (i32.load
              (i32.const 2180)))
          (i32.store
            (i32.const 2172)
            (i32.load
              (i32.const 2184)))))
      (i32.const 2160)
    )
    (data (;0;) (i32.const 16) "first-evaluator")
    (data (;1;) (i32.const 31) "0.1.0")
    (data (;2;) (i32.const 36) "An evaluator of the first contract.")
    (data (;3;) (i32.const 71) "echo")
    (data (;4;) (i32.const 75) "there is nothing to judge.")
    (@producers
      (processed-by "wit-component" "0.254.0")
    )
  )
  (core module $wit-component-shim-module (;1;)
    (type (;0;) (func (param i32 i32 i32 i32 i32)))
    (table (;0;) 1 1 funcref)
    (export "0" (func 0))
    (export "$imports" (table 0))
    (func (;0;) (type 0) (param i32 i32 i32 i32 i32)
      (call_indirect (type 0)
        (local.get 0)
        (local.get 1)
        (local.get 2)
        (local.get 3)
        (local.get 4)
        (i32.const 0))
    )
    (@producers
      (processed-by "wit-component" "0.254.0")
    )
  )
  (core module $wit-component-fixup (;2;)
    (type (;0;) (func (param i32 i32 i32 i32 i32)))
    (import "" "0" (func (;0;) (type 0)))
    (import "" "$imports" (table (;0;) 1 1 funcref))
    (elem (;0;) (i32.const 0) func 0)
    (@producers
      (processed-by "wit-component" "0.254.0")
    )
  )
  (core instance $wit-component-shim-instance (;0;) (instantiate $wit-component-shim-module))
  (type (;1;) (record (field "name" string) (field "version" string) (field "summary" string)))
  (type (;2;) (variant (case "failed" string) (case "broken" string)))
  (alias core export $wit-component-shim-instance "0" (core func $indirect-koderz:plugin/subject@0.1.0-call (;0;)))
  (core instance $koderz:plugin/subject@0.1.0 (;1;)
    (export "call" (func $indirect-koderz:plugin/subject@0.1.0-call))
  )
  (core instance $main (;2;) (instantiate $main
      (with "koderz:plugin/subject@0.1.0" (instance $koderz:plugin/subject@0.1.0))
    )
  )
  (alias core export $main "memory" (core memory $memory (;0;)))
  (alias core export $wit-component-shim-instance "$imports" (core table $"shim table" (;0;)))
  (alias export $koderz:plugin/subject@0.1.0 "call" (func $call (;0;)))
  (alias core export $main "cabi_realloc" (core func $realloc (;1;)))
  (core func $"#core-func2 indirect-koderz:plugin/subject@0.1.0-call" (@name "indirect-koderz:plugin/subject@0.1.0-call") (;2;) (canon lower (func $call) (memory $memory) (realloc $realloc) string-encoding=utf8))
  (core instance $fixup-args (;3;)
    (export "$imports" (table $"shim table"))
    (export "0" (func $"#core-func2 indirect-koderz:plugin/subject@0.1.0-call"))
  )
  (core instance $fixup (;4;) (instantiate $wit-component-fixup
      (with "" (instance $fixup-args))
    )
  )
  (type (;3;) (func (result 1)))
  (alias core export $main "koderz:plugin/identity@0.1.0#describe" (core func $koderz:plugin/identity@0.1.0#describe (;3;)))
  (func $describe (;1;) (type 3) (canon lift (core func $koderz:plugin/identity@0.1.0#describe) (memory $memory) string-encoding=utf8))
  (component $koderz:plugin/identity@0.1.0-shim-component (;0;)
    (type (;0;) (record (field "name" string) (field "version" string) (field "summary" string)))
    (import "import-type-plugin-info" (type (;1;) (eq 0)))
    (type (;2;) (func (result 1)))
    (import "import-func-describe" (func (;0;) (type 2)))
    (type (;3;) (record (field "name" string) (field "version" string) (field "summary" string)))
    (export (;4;) "plugin-info" (type 3))
    (type (;5;) (func (result 4)))
    (export (;1;) "describe" (func 0) (func (type 5)))
  )
  (instance $koderz:plugin/identity@0.1.0-shim-instance (;1;) (instantiate $koderz:plugin/identity@0.1.0-shim-component
      (with "import-func-describe" (func $describe))
      (with "import-type-plugin-info" (type 1))
    )
  )
  (export $koderz:plugin/identity@0.1.0 (;2;) "koderz:plugin/identity@0.1.0" (instance $koderz:plugin/identity@0.1.0-shim-instance))
  (type (;4;) (list string))
  (type (;5;) (func (result 4)))
  (alias core export $main "koderz:plugin/evaluator@0.1.0#languages" (core func $koderz:plugin/evaluator@0.1.0#languages (;4;)))
  (func $languages (;2;) (type 5) (canon lift (core func $koderz:plugin/evaluator@0.1.0#languages) (memory $memory) string-encoding=utf8))
  (type (;6;) (result (error string)))
  (type (;7;) (func (param "source" string) (result 6)))
  (alias core export $main "koderz:plugin/evaluator@0.1.0#run" (core func $koderz:plugin/evaluator@0.1.0#run (;5;)))
  (func $run (;3;) (type 7) (canon lift (core func $koderz:plugin/evaluator@0.1.0#run) (memory $memory) (realloc $realloc) string-encoding=utf8))
  (alias core export $main "koderz:plugin/evaluator@0.1.0#load" (core func $koderz:plugin/evaluator@0.1.0#load (;6;)))
  (func $load (;4;) (type 7) (canon lift (core func $koderz:plugin/evaluator@0.1.0#load) (memory $memory) (realloc $realloc) string-encoding=utf8))
  (type (;8;) (result string (error string)))
  (type (;9;) (func (param "entry-point" string) (param "input" string) (result 8)))
  (alias core export $main "koderz:plugin/evaluator@0.1.0#call" (core func $koderz:plugin/evaluator@0.1.0#call (;7;)))
  (func $"#func5 call" (@name "call") (;5;) (type 9) (canon lift (core func $koderz:plugin/evaluator@0.1.0#call) (memory $memory) (realloc $realloc) string-encoding=utf8))
  (type (;10;) (result (error 2)))
  (type (;11;) (func (param "source" string) (param "entry-points" 4) (result 10)))
  (alias core export $main "koderz:plugin/evaluator@0.1.0#judge" (core func $koderz:plugin/evaluator@0.1.0#judge (;8;)))
  (func $judge (;6;) (type 11) (canon lift (core func $koderz:plugin/evaluator@0.1.0#judge) (memory $memory) (realloc $realloc) string-encoding=utf8))
  (component $koderz:plugin/evaluator@0.1.0-shim-component (;1;)
    (type (;0;) (list string))
    (type (;1;) (func (result 0)))
    (import "import-func-languages" (func (;0;) (type 1)))
    (type (;2;) (result (error string)))
    (type (;3;) (func (param "source" string) (result 2)))
    (import "import-func-run" (func (;1;) (type 3)))
    (import "import-func-load" (func (;2;) (type 3)))
    (type (;4;) (result string (error string)))
    (type (;5;) (func (param "entry-point" string) (param "input" string) (result 4)))
    (import "import-func-call" (func (;3;) (type 5)))
    (type (;6;) (variant (case "failed" string) (case "broken" string)))
    (import "import-type-objection" (type (;7;) (eq 6)))
    (type (;8;) (result (error 7)))
    (type (;9;) (func (param "source" string) (param "entry-points" 0) (result 8)))
    (import "import-func-judge" (func (;4;) (type 9)))
    (type (;10;) (variant (case "failed" string) (case "broken" string)))
    (export (;11;) "objection" (type 10))
    (type (;12;) (list string))
    (type (;13;) (func (result 12)))
    (export (;5;) "languages" (func 0) (func (type 13)))
    (type (;14;) (result (error string)))
    (type (;15;) (func (param "source" string) (result 14)))
    (export (;6;) "run" (func 1) (func (type 15)))
    (export (;7;) "load" (func 2) (func (type 15)))
    (type (;16;) (result string (error string)))
    (type (;17;) (func (param "entry-point" string) (param "input" string) (result 16)))
    (export (;8;) "call" (func 3) (func (type 17)))
    (type (;18;) (result (error 11)))
    (type (;19;) (func (param "source" string) (param "entry-points" 12) (result 18)))
    (export (;9;) "judge" (func 4) (func (type 19)))
  )
  (instance $koderz:plugin/evaluator@0.1.0-shim-instance (;3;) (instantiate $koderz:plugin/evaluator@0.1.0-shim-component
      (with "import-func-languages" (func $languages))
      (with "import-func-run" (func $run))
      (with "import-func-load" (func $load))
      (with "import-func-call" (func $"#func5 call"))
      (with "import-func-judge" (func $judge))
      (with "import-type-objection" (type 2))
    )
  )
  (export $koderz:plugin/evaluator@0.1.0 (;4;) "koderz:plugin/evaluator@0.1.0" (instance $koderz:plugin/evaluator@0.1.0-shim-instance))
  (@producers
    (processed-by "wit-component" "0.254.0")
  )
)

