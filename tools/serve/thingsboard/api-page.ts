/** Shows the description of an API beside it; needs nothing from anywhere else. */
export const API_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>API</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  summary { cursor: pointer; padding: .3rem 0; }
  code, pre { font: 13px/1.5 ui-monospace, monospace; }
  pre { overflow: auto; padding: .6rem; background: color-mix(in srgb, currentColor 7%, transparent); }
  .method { display: inline-block; width: 4.5rem; font-weight: 600; }
  .says { opacity: .75; }
  details { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
</style>
<h1></h1>
<p id="about"></p>
<p>For programs: <a href="/openapi/json">openapi.json</a></p>
<main>loading</main>
<script>
  const element = (name, text, className = "") =>
    Object.assign(document.createElement(name), { textContent: text, className });
  const example = (method, path, { requestBody, security }) => {
    const lines = ["curl -X " + method + " '" + location.origin + path + "'"];
    if (security) lines.push("-H \\"X-Authorization: Bearer $TOKEN\\"");
    const [type] = Object.keys(requestBody?.content ?? {});
    if (type === "multipart/form-data") lines.push("-F file=@app.img");
    else if (type) lines.push("-H 'Content-Type: application/json' -d @body.json");
    return lines.join(" \\\\\\n  ");
  };
  const show = (api) => {
    document.title = api.info.title;
    document.querySelector("h1").textContent = api.info.title;
    document.querySelector("#about").textContent = api.info.description;
    const main = document.querySelector("main");
    main.textContent = "";
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [name, operation] of Object.entries(methods)) {
        const method = name.toUpperCase();
        const entry = element("details", "");
        const head = element("summary", "");
        head.append(element("span", method, "method"), element("code", path));
        head.append(element("div", operation.summary ?? "", "says"));
        entry.append(head, element("pre", example(method, path, operation)));
        if (operation.parameters?.length) {
          entry.append(element("pre", operation.parameters.map((one) =>
            [one.name, "in " + one.in, one.required ? "required" : "optional", JSON.stringify(one.schema)].join("  ")).join("\\n")));
        }
        const body = operation.requestBody?.content;
        if (body) entry.append(element("pre", JSON.stringify(Object.values(body)[0].schema, null, 2)));
        main.append(entry);
      }
    }
  };
  fetch("/openapi/json").then((response) => response.json()).then(show, (error) => {
    document.querySelector("main").textContent = String(error);
  });
</script>
</html>
`;
