/** What of the catalogue a window names; made by build/texts.ts. */
declare module "virtual:texts/*" {
  const catalogue: import("./texts").Catalogue;
  export default catalogue;
}
