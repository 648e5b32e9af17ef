//! Bindings of the world `measuring-suite-plugin`, and the way between them and the plain types of the contract.
//!
//! A crate of its own, because a component exports what its world says and the macros that do so are named after
//! interfaces: two worlds with an interface in common do not fit into one crate. Authors use the SDK instead.

/// What wit-bindgen generates.
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../../wit/koderz-plugin-0.1.0",
        world: "measuring-suite-plugin",
        pub_export_macro: true,
        export_macro_name: "export_measuring_suite",
        generate_all,
    });
}

koderz_api::mirror_identity!(bindings);
koderz_api::mirror_suite!(bindings);
koderz_api::mirror_measuring!(bindings);
