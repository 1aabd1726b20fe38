// Loaded before the language server: whatever it would fetch, it cannot.
require("net").Socket.prototype.connect = () => {
  throw new Error("the schemas are files: there is nothing to fetch");
};
