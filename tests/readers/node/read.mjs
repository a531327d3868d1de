// Reads a JSON list of paths on stdin; prints what the reader named on the command line saw of each, in that order.
import { readFileSync } from "node:fs";
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from "feedsmith";
import RssParser from "rss-parser";

const text = (construct) => (typeof construct === "string" ? construct : construct?.value);

// feedsmith lists links and leaves the choice; what a program would write: the first alternate.
const own = (links = []) => links.find(({ rel }) => !rel || rel === "alternate")?.href;

const feedsmith = {
  rss: (source) =>
    (parseRssFeed(source).items ?? []).map((item) => ({
      id: item.guid?.value,
      title: item.title,
      link: item.link,
      published: item.pubDate,
      updated: item.atom?.updated,
      content: item.content?.encoded ?? item.description,
    })),
  atom: (source) =>
    (parseAtomFeed(source).entries ?? []).map((entry) => ({
      id: entry.id,
      title: text(entry.title),
      link: own(entry.links),
      published: entry.published,
      updated: entry.updated,
      content: text(entry.content),
    })),
  json: (source) =>
    (parseJsonFeed(source).items ?? []).map((item) => ({
      id: item.id,
      title: item.title,
      link: item.url,
      published: item.date_published,
      updated: item.date_modified,
      content: item.content_html,
    })),
};

const rssParser = async (source) =>
  (await new RssParser().parseString(source)).items.map((item) => ({
    id: item.guid ?? item.id,
    title: item.title,
    link: item.link,
    published: item.isoDate,
    content: item["content:encoded"] ?? item.content,
  }));

const readers = {
  feedsmith: (source, format) => feedsmith[format](source),
  "rss-parser": rssParser,
};

const read = async (path) => {
  try {
    return await readers[process.argv[2]](readFileSync(path, "utf-8"), path.slice(path.lastIndexOf(".") + 1));
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

const answers = [];
for (const path of JSON.parse(readFileSync(0, "utf-8"))) {
  answers.push(await read(path));
}
process.stdout.write(JSON.stringify(answers));
