//! Bindings of the world `evaluator-plugin`, with the standard streams that a program has.
//!
//! A crate of its own for the same reason as the other worlds'. Of WASI only what is used is said here; a component need
//! not import the rest.

/// What wit-bindgen generates.
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../../wit/koderz-plugin-0.1.0",
        inline: r#"
            package koderz:sdk@0.1.0;

            world evaluator {
                include koderz:plugin/evaluator-plugin@0.1.0;
                import wasi:cli/stdin@0.2.0;
                import wasi:cli/stdout@0.2.0;
                import wasi:cli/stderr@0.2.0;
            }

            package wasi:io@0.2.0 {
                interface error {
                    resource error;
                }

                interface streams {
                    use error.{error};

                    variant stream-error {
                        last-operation-failed(error),
                        closed,
                    }

                    resource input-stream {
                        blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
                    }

                    resource output-stream {
                        blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
                    }
                }
            }

            package wasi:cli@0.2.0 {
                interface stdin {
                    use wasi:io/streams@0.2.0.{input-stream};
                    get-stdin: func() -> input-stream;
                }

                interface stdout {
                    use wasi:io/streams@0.2.0.{output-stream};
                    get-stdout: func() -> output-stream;
                }

                interface stderr {
                    use wasi:io/streams@0.2.0.{output-stream};
                    get-stderr: func() -> output-stream;
                }
            }
        "#,
        world: "koderz:sdk/evaluator",
        pub_export_macro: true,
        export_macro_name: "export_evaluator",
        generate_all,
    });
}

koderz_api::mirror_identity!(bindings);
