// One unary call by grpc-js, which is told of the proxy and of its authorities by the environment alone.
import { createRequire } from 'node:module';

const grpc = createRequire(process.env.MODULES)('@grpc/grpc-js');
const bytes = (value) => value;
const client = new grpc.Client(process.argv[2], grpc.credentials.createSsl());
const deadline = new Date(Date.now() + 20_000);
client.makeUnaryRequest('/echo.Echo/unary', bytes, bytes, Buffer.from('hello'), { deadline }, (error, answer) => {
  console.log(error ? `failed: ${error.code} ${error.details}` : `answered: ${answer}`);
  client.close();
});
