//! What the windows' libraries are told so that they take less memory. The pages are still text: the processor draws them
//! (see [`crate::popup::gtk`]), and whatever is only for graphics cards stays out.
//!
//! Measured on Debian 12 without a graphics card, with two windows: 330 MB in all without these variables, 235 with them.
//! The programs that Timbre opens inherit them: those that draw with WebKitGTK 4.1, or with GTK 3's own OpenGL, then do
//! without OpenGL, too.

/// The variables. The first three belong together: each alone still loads OpenGL into the main process (which is LLVM,
/// where the processor draws), 30 MB.
pub(crate) const WANTED: [(&str, &str); 4] = [
    // Pictures go to the windows through shared memory instead of graphics buffers: the web process draws without OpenGL
    // (40 MB less).
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
    // WebKit need not open OpenGL to find out which graphics card the web process had better use: none.
    ("WEBKIT_WEB_RENDER_DEVICE_FILE", "/dev/null"),
    // The first GTK program on a display looks there for what OpenGL can do.
    ("GDK_GL", "disable"),
    // A pop-up's script is short: it runs as it is, without what translating it to machine code takes (12 MB less).
    ("JSC_useJIT", "0"),
];
