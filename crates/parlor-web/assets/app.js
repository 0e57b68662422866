//! The start of the page: finds the shell that the server rendered and fills it.

const shell = document.getElementById("app");
shell?.classList.add("app");
