// Says what went wrong on one line, whatever a minifier has made of the error's class.

process.on("uncaughtException", (error) => {
  console.log(JSON.stringify({ error: error.message }));
  process.exitCode = 1;
});
