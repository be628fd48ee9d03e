// What of a page is not as inert as text: elements and attributes that could run, load, send or take over; one text each.
// Every attack of the tests holds the word evil: it may stand in text, and in attributes that are only read.
() => {
  const READ = ["alt", "title", "aria-label", "aria-labelledby", "value", "content", "data-text", "id", "for"]
  const STRANGE = /^(iframe|object|embed|base|style|frame|applet|animate|set|foreignObject|marquee|link|portal)$/i
  const ACTS = /^(data-)?(on|hx-on)|^(style|srcdoc|formaction|ping)$/i
  const LEADS = /^(href|src|srcset|action|xlink:href|data|poster|background)$/i
  const wrong = []
  const attribute = (e, a) => {
    const away = LEADS.test(a.name) && !/^(https?:|mailto:|[/#?])/i.test(a.value)
    const link = e.tagName === "A" && a.name === "href" && /^(https?:|mailto:|[/#?])/.test(a.value)
    const evil = /evil/i.test(a.value) && !READ.includes(a.name) && !link
    if (ACTS.test(a.name) || away || evil) wrong.push(`<${e.tagName} ${a.name}=${a.value.slice(0, 80)}>`)
  }
  for (const e of document.querySelectorAll("*")) {
    for (const a of e.attributes) attribute(e, a)
    const ours = (e.getAttribute("src") || e.getAttribute("href") || "").startsWith("/static/")
    const is = name => e.tagName.toLowerCase() === name
    if (STRANGE.test(e.tagName) && !(is("link") && ours)) wrong.push(`<${e.tagName}>`)
    if (is("script") && !ours) wrong.push("a script that is not ours")
    if (is("meta") && e.httpEquiv) wrong.push("a meta that acts")
    const sent = is("form") && e.getAttribute("method") !== "dialog"
    if (sent && !(e.getAttribute("action") || "").startsWith("/")) wrong.push("a form that leads away")
    if (is("img") && !e.src.startsWith(location.origin)) wrong.push(`a picture of ${e.src.slice(0, 80)}`)
    if (e.id && document.querySelectorAll(`[id="${CSS.escape(e.id)}"]`).length > 1) wrong.push(`twice: #${e.id}`)
  }
  return wrong
}
