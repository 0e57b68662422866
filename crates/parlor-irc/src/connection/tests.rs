//! What an idle connection costs.

use super::*;

fn future_bytes<F>(_: impl Fn(Wire, Framing, Arc<Shared>) -> F) -> usize {
    size_of::<F>()
}

#[test]
fn an_idle_connection_is_small() {
    let bytes = future_bytes(serve);
    assert!(bytes <= 2048, "the handler's future has {bytes} bytes");
    let attachment = size_of::<Attachment>();
    assert!(attachment <= 512, "an attachment has {attachment} bytes");
}
