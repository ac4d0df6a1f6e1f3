"use strict";

// All text of the description and of answers is set as text, never as markup.
const make = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};
const show = (value) => JSON.stringify(value, null, 2);
const HERE = new URL(location.pathname.replace(/docs\/?$/, ""), location.origin);
const VERBS = ["get", "post", "put", "patch", "delete", "head", "options"];
let described;

const resolved = (value) => {
  if (!value || !value.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((found, step) => found[step], described);
};

// A description with its references in place, down to a depth.
const unfolded = (value, depth) => {
  if (Array.isArray(value)) return value.map((one) => unfolded(one, depth));
  if (!value || typeof value !== "object") return value;
  if (value.$ref) return depth ? unfolded({ ...resolved(value), ...value, $ref: undefined }, depth - 1) : value.$ref;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unfolded(one, depth)]));
};

// Something of a schema's shape, to begin a body with.
const sample = (schema, depth) => {
  schema = resolved(schema) || {};
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sample(schema.anyOf[0], depth);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") {
    const wanted = depth ? schema.required || [] : [];
    return Object.fromEntries(wanted.map((name) => [name, sample((schema.properties || {})[name], depth - 1)]));
  }
  return { array: [], integer: 0, number: 0, boolean: false }[type] ?? "";
};

const authorization = (schemes) => {
  const typed = document.getElementById("credential").value.trim();
  if (!typed || !schemes.length) return {};
  if (/^(basic|bearer|simple|secure) /i.test(typed)) return { Authorization: typed };
  const named = schemes.map((one) => Object.keys(one)[0]);
  if (named.includes("basic")) {
    const bytes = new TextEncoder().encode(typed);
    return { Authorization: "Basic " + btoa(String.fromCharCode(...bytes)) };
  }
  return { Authorization: (typed.includes(":") ? "Simple " : "Bearer ") + typed };
};

const send = async (verb, path, operation, fields, body, output) => {
  const query = new URLSearchParams();
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.append(parameter.name, input.value);
  }
  const url = new URL(path.slice(1) + (query.size ? `?${query}` : ""), HERE);
  const options = { method: verb.toUpperCase(), headers: authorization(operation.security || []), credentials: "omit" };
  if (body && body.files && body.files.length) {
    options.body = new FormData();
    for (const file of body.files) options.body.append("file", file);
  } else if (body && !body.files && body.value.trim()) {
    options.headers["Content-Type"] = "application/json";
    options.body = body.value;
  }
  output.textContent = "...";
  try {
    const answer = await fetch(url, options);
    const kind = answer.headers.get("content-type") || "";
    let text = await answer.text();
    if (kind.includes("json") && text) text = show(JSON.parse(text));
    const head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    output.textContent = `${answer.status} ${answer.statusText}\n${head}\n\n${text.slice(0, 20000)}`;
  } catch (error) {
    output.textContent = String(error);
  }
};

const bodyOf = (operation) => {
  const content = operation.requestBody && operation.requestBody.content;
  if (!content) return null;
  if (content["application/json"]) {
    const area = make("textarea");
    if (operation.requestBody.required) area.value = show(sample(content["application/json"].schema, 4));
    return area;
  }
  const input = make("input");
  input.type = "file";
  input.multiple = true;
  return input;
};

const fill = (box, verb, path, operation) => {
  const fields = (operation.parameters || []).map((parameter) => ({ parameter, input: make("input") }));
  const rows = fields.map(({ parameter, input }) => {
    input.setAttribute("aria-label", parameter.name);
    const said = [parameter.in, parameter.required ? "required" : "", parameter.description || ""];
    const schema = make("pre", show(unfolded(parameter.schema, 2)));
    return make("tr", "", make("td", parameter.name), make("td", "", input), make("td", said.join(" ")), make("td", "", schema));
  });
  if (rows.length) box.append(make("table", "", ...rows));
  const body = bodyOf(operation);
  if (body) {
    body.setAttribute("aria-label", "body");
    const shape = make("details", "", make("summary", "Shape of the body"));
    shape.append(make("pre", show(unfolded(operation.requestBody.content, 4))));
    box.append(make("h4", "Body"), body, shape);
  }
  const output = make("pre");
  const button = make("button", "Send");
  button.addEventListener("click", () => send(verb, path, operation, fields, body, output));
  box.append(make("p", "", button), output, make("h4", "Answers"));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const found = resolved(answer);
    const one = make("details", "", make("summary", `${status} ${found.description}`));
    if (found.content) one.append(make("pre", show(unfolded(found.content, 4))));
    box.append(one);
  }
};

const list = () => {
  const main = document.querySelector("main");
  const chapters = new Map((described.tags || []).map(({ name }) => [name, make("section", "", make("h2", name))]));
  for (const [path, item] of Object.entries(described.paths)) {
    for (const verb of VERBS.filter((one) => item[one])) {
      const operation = item[verb];
      const box = make("details");
      const head = make("summary", "", make("b", verb.toUpperCase()), make("code", path), make("span", ` ${operation.summary}`));
      box.append(head);
      box.addEventListener("toggle", () => box.open && box.children.length === 1 && fill(box, verb, path, operation));
      chapters.get(operation.tags[0]).append(box);
    }
  }
  main.replaceChildren(...chapters.values());
};

document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const box of document.querySelectorAll("section > details")) {
    box.hidden = !box.firstChild.textContent.toLowerCase().includes(wanted);
  }
});

fetch(new URL("openapi.json", HERE), { credentials: "omit" })
  .then((answer) => answer.json())
  .then((found) => {
    described = found;
    list();
  })
  .catch((error) => {
    document.querySelector("main").replaceChildren(make("p", `The description cannot be read: ${error}`));
  });
