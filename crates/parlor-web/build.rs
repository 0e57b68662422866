//! Makes cargo notice assets that were added: those that are embedded it watches by itself.

fn main() {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=templates");
}
