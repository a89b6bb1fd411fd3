//! What the windows' libraries are told so that they take less memory. The pages are still text: the processor draws them
//! (see [`crate::popup::gtk`]), and whatever is only for graphics cards stays out.
//!
//! Nothing here may change what a person sees: `tests/tests/desktop/looks.rs` holds the windows against each other, with
//! these variables and without. That is why there is none that points WebKit at another graphics card: from WebKitGTK 2.50
//! on the pages then learn nothing of theme, size of text or scale.
//!
//! The programs that Timbre opens inherit them: those that draw with WebKitGTK 4.1, or with GTK 3's own OpenGL, then do
//! without OpenGL, too.

/// The variables. Measured on Debian 12 without a graphics card, with two windows: 279 MB in all without them, 251 with them.
pub(crate) const WANTED: [(&str, &str); 3] = [
    // Pictures go to the windows through shared memory instead of graphics buffers: the web process draws without OpenGL.
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
    // The first GTK program on a display looks there for what OpenGL can do.
    ("GDK_GL", "disable"),
    // A pop-up's script is short: it runs as it is, without what translating it to machine code takes (11 MB less).
    ("JSC_useJIT", "0"),
];
